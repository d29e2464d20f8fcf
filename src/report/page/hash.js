// The view and how it is spelled in the URL's hash. Pure: no page is needed.
//
// Keys without a dot are the page's own, those of axes are "at.<axis>" and
// "only.<axis>": no axis, however called, can pass for something else.

import { wellFormed } from "#words";

export const SPEEDS = [0.1, 0.25, 0.5, 1, 1.5, 2, 4];
export const STATES = [
  "delivered",
  "running",
  "queued",
  "failed",
  "unknown",
  "unfinished",
  "cancelled",
];
export const MODES = ["wipe", "difference", "beside"];
const VERDICTS = ["keep", "reject", "none"];
export const SIZES = { min: 80, max: 1280 };

/**
 * @typedef {object} View
 * @property {string} cols name of an axis; "": none
 * @property {string} rows
 * @property {string} page
 * @property {Map<string, number>} at chosen value of each further axis, by index
 * @property {Map<string, Set<number>>} only values that match, by axis
 * @property {string[]} state states that match; none: all
 * @property {number} min lowest rating that matches
 * @property {string} verdict "", "keep", "reject", or "none": not judged yet
 * @property {string} text
 * @property {boolean} matching show a list of what matches, not the grid
 * @property {string} output which of a cell's clips; "": the first
 * @property {number} cell nth of the open cell; 0: none
 * @property {number[]|null} compare the two nths that are compared
 * @property {string} mode of comparing
 * @property {number} speed
 * @property {boolean} loop
 * @property {number} size width of a cell, in CSS pixels; 0: what fits
 */

/** What the view is where the hash says nothing. Pure. */
export function usual(axes) {
  const [cols, rows] = usualAxes(axes);
  return {
    cols,
    rows,
    page: "",
    at: new Map(),
    only: new Map(),
    state: [],
    min: 0,
    verdict: "",
    text: "",
    matching: false,
    output: "",
    cell: 0,
    compare: null,
    mode: "wipe",
    speed: 1,
    loop: true,
    size: 0,
  };
}

// Columns: the axis with most values that fit side by side.
const FITS = 8;

function usualAxes(axes) {
  const grid = axes.filter((axis) => axis.name !== "take");
  const last = axes.filter((axis) => axis.name === "take");
  const fitting = grid.filter((axis) => axis.values.length <= FITS);
  const most = (list) =>
    list.reduce((a, b) => (b.values.length > a.values.length ? b : a), list[0]);
  const cols = most(fitting) ?? grid[0] ?? last[0];
  const others = grid.filter((axis) => axis !== cols);
  const rows = most(others) ?? last.find((axis) => axis !== cols);
  return [cols?.name ?? "", rows?.name ?? ""];
}

// --- One value of an axis, spelled ---

const PLAIN = 40;

// Short texts are themselves; what could be taken for another is quoted, and
// what does not belong into an address is told by its place.
function spell(axis, i) {
  const value = axis.values[i];
  const key = axis.keys[i];
  if (key.length > PLAIN || wellFormed(key) !== key || key === "") return `~${i}`;
  if (typeof value !== "string") return key;
  return /^[A-Za-z_]/.test(value) && !/^(true|false|null)$/.test(value)
    ? value
    : key;
}

function unspell(axis, text) {
  if (/^~\d{1,6}$/.test(text)) {
    const i = Number(text.slice(1));
    return i < axis.values.length ? i : -1;
  }
  const i = axis.keys.indexOf(text);
  return i >= 0 ? i : axis.keys.indexOf(JSON.stringify(text));
}

// --- The hash ---

// Readable: only what would end a value, or the address, is escaped.
function escape(text) {
  return encodeURIComponent(wellFormed(text))
    .replaceAll("%20", "+")
    .replace(/%(2F|3A|40|5B|5D|7B|7D|22)/gi, (c) => decodeURIComponent(c));
}

function unescape(text) {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return null; // not an address that this page wrote
  }
}

/** The hash of a view, without "#": what is as usual is left out. Pure. */
export function format(view, axes) {
  const said = usual(axes);
  const parts = [];
  const add = (key, value) => parts.push(`${escape(key)}=${value}`);
  for (const key of ["cols", "rows", "page", "verdict", "text", "output", "mode"])
    if (view[key] !== said[key]) add(key, escape(view[key]));
  for (const axis of axes) {
    if (view.at.get(axis.name) > 0)
      add(`at.${axis.name}`, escape(spell(axis, view.at.get(axis.name))));
    const only = view.only.get(axis.name);
    if (only)
      add(`only.${axis.name}`, [...only].map((i) => escape(spell(axis, i))).join(","));
  }
  if (view.state.length > 0) add("state", view.state.map(escape).join(","));
  for (const key of ["min", "cell", "speed", "size"])
    if (view[key] !== said[key]) add(key, String(view[key]));
  if (view.compare) add("compare", view.compare.join(","));
  if (view.matching) add("matching", "1");
  if (!view.loop) add("loop", "0");
  return parts.join("&");
}

function whole(text, min, max) {
  return /^\d{1,7}$/.test(text) && Number(text) >= min && Number(text) <= max
    ? Number(text)
    : null;
}

const oneOf = (list) => (text) => (list.includes(text) ? text : null);

// Readers of the page's own keys: null is ignored.
function readers(axes, has) {
  const names = axes.map((axis) => axis.name);
  const nth = (text) => {
    const n = whole(text, 1, 9999999);
    return n !== null && has(n) ? n : null;
  };
  return {
    cols: oneOf(["", ...names]),
    rows: oneOf(["", ...names]),
    page: oneOf(["", ...names]),
    verdict: oneOf(VERDICTS),
    mode: oneOf(MODES),
    text: (text) => text.slice(0, 1000),
    output: (text) => text.slice(0, 1000),
    min: (text) => whole(text, 0, 5),
    size: (text) => whole(text, SIZES.min, SIZES.max),
    speed: (text) => (SPEEDS.includes(Number(text)) ? Number(text) : null),
    loop: (text) => (text === "0" ? false : null),
    matching: (text) => (text === "1" ? true : null),
    cell: nth,
    compare: (text) => {
      const pair = text.split(",").map(nth);
      return pair.length === 2 && !pair.includes(null) ? pair : null;
    },
    state: (text) => {
      const list = [...new Set(text.split(","))];
      return list.every((state) => STATES.includes(state)) ? list : null;
    },
  };
}

function readAxis(view, axes, key, raw) {
  const dot = key.indexOf(".");
  const axis = axes.find(({ name }) => name === key.slice(dot + 1));
  if (!axis) return;
  const places = raw
    .split(",")
    .map((text) => unescape(text))
    .map((text) => (text === null ? -1 : unspell(axis, text)))
    .filter((i) => i >= 0);
  if (places.length === 0) return;
  if (key.startsWith("at.")) view.at.set(axis.name, places[0]);
  if (key.startsWith("only.")) view.only.set(axis.name, new Set(places));
}

// An axis stands in one place only; the first that names it keeps it.
function settle(view) {
  if (view.rows === view.cols) view.rows = "";
  if (view.page === view.cols || view.page === view.rows) view.page = "";
}

/** The view that a hash says; what it says wrongly is ignored. Pure. */
export function parse(hash, axes, has = () => true) {
  const view = usual(axes);
  const said = new Set();
  const read = readers(axes, has);
  for (const part of hash.replace(/^#/, "").slice(0, 100000).split("&")) {
    const equals = part.indexOf("=");
    const key = unescape(part.slice(0, Math.max(equals, 0)));
    if (!key) continue;
    const raw = part.slice(equals + 1);
    if (key.includes(".")) {
      readAxis(view, axes, key, raw);
      continue;
    }
    const text = unescape(raw);
    if (text === null || !Object.hasOwn(read, key)) continue;
    const value = read[key](text);
    if (value !== null) {
      view[key] = value;
      said.add(key);
    }
  }
  // An axis chosen for one place leaves the one where it usually is.
  for (const [key, other] of [["cols", "rows"], ["page", "cols"], ["page", "rows"]])
    for (const [a, b] of [[key, other], [other, key]])
      if (said.has(a) && !said.has(b) && view[a] === view[b]) view[b] = "";
  settle(view);
  return view;
}

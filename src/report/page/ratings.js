// What the person who looks thinks of each cell. It is kept in this browser, by
// the recipe's name and the cell's, so that the next report of the recipe has
// it, too; a file takes it away from here.

import { cells, head } from "#data";
import { read, write } from "#yaml";

const NOTHING = Object.freeze({ rating: 0, verdict: "", note: "" });
export const NOTE_MAX = 2000; // characters of a note

const place = `tarmac.ratings.${head.recipe.name}`;
const listeners = new Set();
const changed = new Set(); // names that are not in the browser's store yet
let stays = true; // false: the browser keeps nothing for this page
let timer = 0;
let rows = stored();

// Anything may stand in a browser's store: what is no rating is no rating.
function isRow(row) {
  return row !== null && typeof row === "object" &&
    [0, 1, 2, 3, 4, 5].includes(row.rating) &&
    ["", "keep", "reject"].includes(row.verdict) && typeof row.note === "string" &&
    row.axes !== null && typeof row.axes === "object" && Number.isSafeInteger(row.take);
}

function parsed(text) {
  try {
    const list = JSON.parse(text ?? "[]").filter(Array.isArray);
    return list.filter(([name, row]) => typeof name === "string" && isRow(row));
  } catch {
    return [];
  }
}

function stored() {
  try {
    return new Map(parsed(globalThis.localStorage.getItem(place)));
  } catch {
    stays = false;
    return new Map();
  }
}

// Another tab may have rated meanwhile: only what was rated here is replaced.
function save() {
  clearTimeout(timer);
  timer = 0;
  if (!stays || changed.size === 0) return;
  const all = stored();
  for (const name of changed) {
    if (rows.has(name)) all.set(name, rows.get(name));
    else all.delete(name);
  }
  try {
    globalThis.localStorage.setItem(place, JSON.stringify([...all]));
    rows = all;
    changed.clear();
  } catch {
    stays = false; // it is full, or not allowed
  }
}

// A note is typed letter by letter: it is written once for a few of them.
function saveSoon() {
  timer ||= setTimeout(save, 150);
}

function tell(cell) {
  for (const fn of listeners) fn(cell);
}

/** @returns {{rating: number, verdict: ""|"keep"|"reject", note: string}} */
export function get(cell) {
  return rows.get(cell.name) ?? NOTHING;
}

function put(name, { note: whole, ...rest }) {
  const row = { ...rest, note: whole.slice(0, NOTE_MAX) };
  if (row.rating || row.verdict || row.note) rows.set(name, row);
  else rows.delete(name);
  changed.add(name);
}

/** Changes what `patch` names of rating, verdict and note. */
export function set(cell, patch) {
  const { rating, verdict, note } = { ...get(cell), ...patch };
  put(cell.name, {
    rating, verdict, note,
    axes: cell.axes ?? {}, take: cell.take ?? 1,
  });
  saveSoon();
  tell(cell);
}

/** fn(cell) for a cell that was rated; fn() where any may have changed. */
export function onChange(fn) {
  listeners.add(fn);
  return () => listeners.delete(fn);
}

/** How many cells of this page have a rating, a verdict or a note. */
export function count() {
  return cells.filter((cell) => rows.has(cell.name)).length;
}

/** False where ratings are gone when the page is closed. */
export function isKept() {
  return stays;
}

// In the order of the page, by the axes that the cells have in it; then those of
// cells that only other runs had.
function inOrder() {
  const here = new Map(cells.map(({ name, axes, take = 1 }) => [name, { axes, take }]));
  const names = new Set([...here.keys(), ...rows.keys()]);
  return [...names].filter((name) => rows.has(name))
    .map((name) => ({ name, ...rows.get(name), ...here.get(name) }));
}

function today() {
  const at = new Date();
  const pad = (number) => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
}

/** Every rating of the recipe, as the file that `tarmac run --only` reads. */
export function exportText() {
  return write(head.recipe, inOrder(), today());
}

/** How many rows exportText() has. */
export function exported() {
  return rows.size;
}

/**
 * Takes the ratings of such a file; those of cells that it does not name stay.
 * @returns {number} how many it had
 * @throws {Error} with one line; nothing has changed then
 */
export function importText(text) {
  const file = read(text);
  if (file.recipe !== head.recipe.name)
    throw new Error(`these are ratings of “${file.recipe}”, not of “${head.recipe.name}”`);
  for (const { name, ...row } of file.rows) put(name, row);
  saveSoon();
  tell();
  return file.rows.length;
}

globalThis.addEventListener?.("pagehide", save);
globalThis.document?.addEventListener("visibilitychange", save);
globalThis.addEventListener?.("storage", (event) => {
  if (event.key !== place && event.key !== null) return;
  save();
  rows = stays ? stored() : rows;
  tell();
});

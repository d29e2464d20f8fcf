// Where each cell stands: (axes, cells, view) → places. Pure.

/**
 * @typedef {object} Place
 * @property {object[]} cells that stand there: the first is shown; none: a gap
 */

/**
 * @typedef {object} Layout
 * @property {"grid"|"strip"|"single"|"list"} kind
 * @property {import("#axes").Axis|null} columns
 * @property {import("#axes").Axis|null} rows
 * @property {import("#axes").Axis|null} pages
 * @property {import("#axes").Axis[]} sliders
 * @property {(r: number, c: number) => object[]} at cells of a place of a grid
 * @property {object[][]} items places of what is not a grid, one after another
 * @property {Set<object>} matches of all cells, whether visible or not
 */

const axisOf = (axes, name) => axes.find((axis) => axis.name === name) ?? null;

/** The chosen value of a page's or slider's axis: its index, always a valid one. */
export function chosen(view, axis) {
  const i = view.at.get(axis.name) ?? 0;
  return i < axis.values.length ? i : 0;
}

/** Which axes stand where; those that nobody chose are sliders. */
export function roles(axes, view) {
  const columns = axisOf(axes, view.cols);
  const rows = axisOf(axes, view.rows);
  const pages = axisOf(axes, view.page);
  const sliders = axes.filter((axis) => ![columns, rows, pages].includes(axis));
  return { columns, rows, pages, sliders };
}

function textOf(cell) {
  const parts = [cell.name, cell.error?.message ?? ""];
  for (const { request } of cell.purchases)
    if (request !== undefined)
      parts.push(typeof request.prompt === "string" ? request.prompt : "");
  for (const value of Object.values(cell.axes))
    parts.push(typeof value === "string" ? value : JSON.stringify(value));
  return parts.join("\n").toLowerCase();
}

const texts = new WeakMap();

// Words in any order, each somewhere in the cell.
function hasWords(cell, words) {
  if (words.length === 0) return true;
  let text = texts.get(cell);
  if (text === undefined) {
    text = textOf(cell);
    texts.set(cell, text);
  }
  return words.every((word) => text.includes(word));
}

/** Is anything asked for at all? */
export function isFiltered(view) {
  return (
    view.state.length > 0 ||
    view.only.size > 0 ||
    view.min > 0 ||
    view.verdict !== "" ||
    view.text.trim() !== ""
  );
}

function judged(wanted, verdict) {
  return wanted === "none" ? verdict === "" : verdict === wanted;
}

/**
 * Does a cell match what the view filters by?
 * @param {(cell: object) => {rating: number, verdict: string}} rated
 */
function matcher(axes, view, rated) {
  const words = view.text.toLowerCase().split(/\s+/).filter(Boolean);
  const only = axes.filter((axis) => view.only.has(axis.name));
  return (cell) => {
    if (view.state.length > 0 && !view.state.includes(cell.state)) return false;
    for (const axis of only)
      if (!view.only.get(axis.name).has(axis.at(cell))) return false;
    if (view.min > 0 || view.verdict !== "") {
      const { rating, verdict } = rated(cell);
      if (rating < view.min) return false;
      if (view.verdict !== "" && !judged(view.verdict, verdict)) return false;
    }
    return hasWords(cell, words);
  };
}

// The cells that the pages and sliders let through.
function onPage({ pages, sliders }, cells, view) {
  const fixed = (pages ? [pages, ...sliders] : sliders).map((axis) => [
    axis,
    chosen(view, axis),
  ]);
  return cells.filter((cell) => fixed.every(([axis, i]) => axis.at(cell) === i));
}

function byPlace(cells, columns, rows) {
  const width = columns ? columns.values.length : 1;
  const places = new Map();
  for (const cell of cells) {
    const place =
      (rows ? rows.at(cell) : 0) * width + (columns ? columns.at(cell) : 0);
    if (places.has(place)) places.get(place).push(cell);
    else places.set(place, [cell]);
  }
  return { places, width };
}

const NOTHING = Object.freeze([]);

/** @returns {Layout} */
export function lay(axes, cells, view, rated) {
  const match = matcher(axes, view, rated);
  const matches = new Set(cells.filter(match));
  const found = roles(axes, view);
  const { columns, rows } = found;
  if (view.matching)
    return {
      ...found,
      kind: "list",
      at: () => NOTHING,
      items: [...matches].map((cell) => [cell]),
      matches,
    };

  const here = onPage(found, cells, view);
  const { places, width } = byPlace(here, columns, rows);
  const at = (r, c) => places.get(r * width + c) ?? NOTHING;
  const kind = rows ? "grid" : columns ? "strip" : "single";
  let items = [];
  if (kind === "strip") items = columns.values.map((v, c) => at(0, c));
  // Without any axis, nothing tells several cells apart: they stand side by side.
  if (kind === "single") items = axes.length > 0 ? [at(0, 0)] : here.map((cell) => [cell]);
  return { ...found, kind, at, items, matches };
}

/**
 * The patch of a view that gives `place` ("cols", "rows", "page") that axis. An
 * axis that stands elsewhere changes places with it.
 */
export function place(view, where, name) {
  const patch = { [where]: name };
  const other = ["cols", "rows", "page"].find(
    (key) => key !== where && view[key] === name && name !== "",
  );
  if (other) patch[other] = view[where];
  return patch;
}

/** All axes move one place on: columns, rows, pages, and those without a place. */
export function cycled(axes, view) {
  const names = axes.map((axis) => axis.name);
  const from = Math.max(names.indexOf(view.cols), 0);
  if (names.length < 2) return {};
  const after = (n) => names[(from + n) % names.length];
  const cols = after(1);
  const rows = view.rows === "" ? "" : after(2);
  const page = [cols, rows].includes(view.page) ? "" : view.page;
  return { cols, rows, page };
}

/** Of its clips, which one a cell shows: that of the chosen output, else the first. */
export function clipOf(cell, output) {
  const clips = cell?.clips ?? NOTHING;
  if (output === "") return clips[0];
  return clips.find((clip) => nameOfClip(clip) === output) ?? clips[0];
}

/** What a clip is called among those of its cell. */
function nameOfClip(clip) {
  return clip.extra ? "(others)" : (clip.output ?? "");
}

/** Names of clips to choose from; fewer than two: nothing to choose. */
export function outputsOf(cells) {
  const names = new Set();
  for (const cell of cells)
    if (cell.clips.length > 1) for (const clip of cell.clips) names.add(nameOfClip(clip));
  return [...names];
}

// A box of one shape for all clips: the middle of the widest and the tallest,
// since both then lose the least.
export function shapeOf(cells, output) {
  let least = Infinity;
  let most = 0;
  for (const cell of cells) {
    const clip = clipOf(cell, output);
    if (!(clip?.width > 0 && clip.height > 0)) continue;
    const shape = clip.width / clip.height;
    least = Math.min(least, shape);
    most = Math.max(most, shape);
  }
  return most === 0 ? 16 / 9 : Math.min(4, Math.max(0.25, Math.sqrt(least * most)));
}

// The grid on the page. Only what is near the part that is seen is in the
// document: a thousand rows cost as much as ten.
import { axes, cells, labelOf, onChange } from "#data";
import { byId, el, mark } from "#dom";
import { anchored, left, measure, reveal, seen, top, whole } from "#geometry";
import { drawHeads, drawSide } from "#heads";
import { clipOf, isFiltered, lay, shapeOf } from "#layout";
import { get as ratingOf, onChange as onRating } from "#ratings";
import { rushing, watch, watched } from "#seen";
import { calmly } from "#slices";
import { Tile } from "#tile";
import { get as view, set, subscribe } from "#view";
import { focusCell } from "#walk";
import { brief, point } from "#words";

let grid;
let canvas;
let heads;
let layout;
let geometry;
let shape = 16 / 9;
let filtered = false;
let reshaped = false; // clips of another shape may have come
let changed = 0; // a frame in which to lay out again
let scrolled = 0; // a frame in which to draw what came into sight
const rows = new Map(); // r → {element, side, tiles: Map(c → Tile)}
const focus = { r: 0, c: 0 };
const listeners = new Set();

const PAPER = { width: 690, height: 960 }; // what a sheet of A4 holds
const PRINTED = 500; // rows that go onto paper
let printing = false;

const room = () => (printing ? PAPER : { width: grid.clientWidth, height: grid.clientHeight });
const label = (axis) => (value, i) => labelOf(axis, i, (v) => brief(v, 90));
const labels = (axis) => (axis ? axis.values.map(label(axis)) : []);

/** Cells of a place; none: a gap; null: nothing is there, not even a gap. */
export function cellsAt(r, c) {
  if (layout.kind === "grid") return layout.at(r, c);
  return layout.items[r * geometry.columns + c] ?? null;
}

/** fn(layout, width of a cell) whenever what is shown has changed. */
export function onLayout(fn) {
  listeners.add(fn);
  if (layout) fn(layout, geometry.width);
}

function layOut() {
  changed = 0;
  const state = view();
  if (reshaped) shape = shapeOf(cells, state.output);
  reshaped = false;
  layout = lay(axes, cells, state, ratingOf);
  filtered = isFiltered(state);
  const said = { columns: labels(layout.columns), rows: labels(layout.rows) };
  const names = { columns: layout.columns?.name ?? "", rows: layout.rows?.name ?? "" };
  const before = geometry;
  geometry = measure(layout, said, names, { size: printing ? 0 : state.size, shape }, room());
  place();
  if (before && !printing) stay(before);
  drawHeads(heads, geometry, layout.kind === "grid" ? said : null, names);
  focus.r = Math.min(focus.r, Math.max(0, geometry.rows - 1));
  focus.c = Math.min(focus.c, geometry.columns - 1);
  draw(true);
  for (const fn of listeners) fn(layout, geometry.width);
}

// Cells of another size: what was at the top still is.
function stay(before) {
  if (before.width === geometry.width && before.columns === geometry.columns) return;
  const to = anchored(before, geometry, { left: grid.scrollLeft, top: grid.scrollTop });
  grid.scrollTo({ ...to, behavior: "instant" });
}

function place() {
  const size = whole(geometry);
  canvas.style.width = `${size.width}px`;
  canvas.style.height = `${size.height}px`;
  grid.style.setProperty("--cell-width", `${geometry.width}px`);
  grid.style.setProperty("--box-height", `${geometry.box}px`);
  grid.style.setProperty("--cell-height", `${geometry.height}px`);
  // Text that does not fit ends with a whole line.
  grid.style.setProperty("--side-lines", Math.max(1, Math.floor((geometry.height - 2) / 18)));
  grid.style.setProperty("--why-lines", Math.max(1, Math.floor((geometry.box - 34) / 16)));
  grid.style.setProperty("--side", `${geometry.side}px`);
  grid.style.setProperty("--head", `${geometry.head}px`);
  mark(grid, "data-kind", layout.kind);
  mark(grid, "aria-rowcount", geometry.rows + (geometry.head > 0 ? 1 : 0));
  mark(grid, "aria-colcount", geometry.columns + (geometry.side > 0 ? 1 : 0));
  const nothing = byId("nothing");
  nothing.hidden = geometry.rows > 0;
  nothing.textContent = cells.length === 0 ? "No cells." : "No cell matches.";
}

// What is drawn: what is seen, and the cell that has the focus, wherever it is.
function wanted(from, to, also, all) {
  const list = [];
  for (let i = from; i < to; i += 1) list.push(i);
  if (also < all && (also < from || also >= to)) list.push(also);
  return list;
}

function draw(anew) {
  scrolled = 0;
  const near = printing ? { rows: [0, Math.min(geometry.rows, PRINTED)], columns: [0, geometry.columns] }
    : seen(geometry, { left: grid.scrollLeft, top: grid.scrollTop }, room());
  const listed = wanted(...near.rows, focus.r, geometry.rows);
  for (const [r, row] of rows) if (!listed.includes(r)) dropRow(r, row);
  for (const r of listed) {
    const row = rows.get(r) ?? newRow(r);
    if (anew || row.fresh) placeRow(row, r);
    const also = r === focus.r ? focus.c : Infinity;
    drawRow(row, r, wanted(...near.columns, also, geometry.columns), anew);
  }
  if (anew) watched();
  else rushing();
}

function newRow(r) {
  const side = el("div", { role: "rowheader", dir: "auto" });
  const element = el("div", { role: "row", class: "row" }, side);
  const row = { element, side, tiles: new Map(), fresh: true };
  rows.set(r, row);
  return row;
}

function placeRow(row, r) {
  row.fresh = false;
  row.element.style.top = `${top(geometry, r)}px`;
  mark(row.element, "aria-rowindex", r + (geometry.head > 0 ? 2 : 1));
  drawSide(row.side, layout.kind === "grid" ? layout.rows : null, r);
  // Readers of screens take rows in the order of the document.
  const next = [...rows.keys()].filter((other) => other > r).sort((a, b) => a - b);
  const before = next.map((other) => rows.get(other).element).find((e) => e.isConnected);
  if (!row.element.isConnected || row.element.nextSibling !== (before ?? null))
    canvas.insertBefore(row.element, before ?? null);
}

function dropRow(r, row) {
  for (const tile of row.tiles.values()) watch(tile, false);
  row.element.remove();
  rows.delete(r);
}

function drawRow(row, r, columns, anew) {
  for (const [c, tile] of row.tiles) {
    if (columns.includes(c)) continue;
    watch(tile, false);
    tile.element.remove();
    row.tiles.delete(c);
  }
  for (const c of columns) {
    let tile = row.tiles.get(c);
    const fresh = !tile;
    if (fresh) {
      tile = new Tile();
      row.tiles.set(c, tile);
      const after = [...row.tiles.keys()].filter((other) => other > c).sort((a, b) => a - b)[0];
      row.element.insertBefore(tile.element, row.tiles.get(after)?.element ?? null);
    }
    if (fresh || anew) drawTile(tile, r, c);
    if (fresh) watch(tile, true);
  }
}

function drawTile(tile, r, c) {
  const there = cellsAt(r, c);
  const { element } = tile;
  element.hidden = there === null;
  element.style.left = `${left(geometry, c)}px`;
  mark(element, "aria-colindex", c + (geometry.side > 0 ? 2 : 1));
  element.place = { r, c };
  element.tabIndex = r === focus.r && c === focus.c ? 0 : -1;
  const cell = there?.[0];
  tile.show({
    cells: there ?? [],
    clip: clipOf(cell, view().output),
    rating: cell ? ratingOf(cell) : { rating: 0, verdict: "", note: "" },
    dim: Boolean(cell) && filtered && layout.kind !== "list" && !layout.matches.has(cell),
    caption: cell && geometry.height > geometry.box ? captionOf(cell, r, c) : "",
  });
}

function captionOf(cell, r, c) {
  if (layout.kind === "strip")
    return `${layout.columns.name} ${label(layout.columns)(null, r * geometry.columns + c)}`;
  return Object.keys(cell.axes).length > 0 ? point(cell) : cell.name;
}

function tileAt(r, c) {
  return rows.get(r)?.tiles.get(c);
}

// --- Focus ---

/** The cell that has the focus, or would get it. */
export function focused() {
  return layout ? cellsAt(focus.r, focus.c)?.[0] : undefined;
}

/** The tile of the focused place, for what makes it larger. */
export const focusedTile = () => tileAt(focus.r, focus.c);

/** Gives the focus to that place, and shows it. */
export function focusAt(r, c) {
  const old = tileAt(focus.r, focus.c);
  if (old) old.element.tabIndex = -1;
  Object.assign(focus, { r, c });
  const scroll = reveal(geometry, r, c, { left: grid.scrollLeft, top: grid.scrollTop }, room());
  grid.scrollTo({ ...scroll, behavior: "instant" });
  draw(false);
  const tile = tileAt(r, c);
  if (!tile) return;
  tile.element.tabIndex = 0;
  tile.element.focus({ preventScroll: true });
}

/** What is shown now, for those who go through it. */
export function shown() {
  return { layout, geometry, focus, room: room() };
}

// --- Changes ---

function layOutSoon() {
  changed ||= requestAnimationFrame(layOut);
}

// What a run tells may come a thousand times a second.
const layOutLater = calmly(layOutSoon, 100);

function onView(state, old) {
  if (state.output !== old.output) reshaped = true;
  const over = (of) => of.cell !== 0 || of.compare !== null;
  layOutSoon();
  watched(!over(state));
  // After the dialog has given the focus back to where it was opened: a cell's
  // page may have gone on to another cell since.
  if (old.cell !== 0 && !over(state)) setTimeout(() => focusCell(old.cell));
}

function onClick(event) {
  const at = event.target.closest?.("[role=gridcell]")?.place;
  if (!at || event.target.closest("button")) return;
  focusAt(at.r, at.c);
  const cell = focused();
  if (cell) set({ cell: cell.nth });
}

/** Draws for the first time. */
export function start() {
  grid = byId("grid");
  canvas = el("div", { class: "canvas", role: "presentation" });
  heads = el("div", { role: "row", class: "heads", "aria-rowindex": "1" });
  canvas.append(heads);
  grid.append(canvas);
  shape = shapeOf(cells, view().output);
  layOut();
  grid.addEventListener("scroll", () => {
    scrolled ||= requestAnimationFrame(() => draw(false));
  }, { passive: true });
  grid.addEventListener("click", onClick);
  grid.addEventListener("focusin", (event) => {
    const at = event.target.place;
    if (at && (at.r !== focus.r || at.c !== focus.c)) focusAt(at.r, at.c);
  });
  new ResizeObserver(layOutSoon).observe(grid);
  for (const [type, on] of [["beforeprint", true], ["afterprint", false]])
    addEventListener(type, () => {
      printing = on;
      layOut();
    });
  subscribe(onView);
  onRating(layOutSoon);
  onChange((change) => {
    if (change.cell?.clips.length > 0) reshaped = true;
    if (!change.head) layOutLater();
  });
}

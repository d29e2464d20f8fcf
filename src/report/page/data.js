// What the page shows: the run, and its cells. In a written report it stands in
// the page; live, it is fetched, and changes.
import { findAxes } from "#axes";

const empty = { head: { recipe: { name: "" }, run: {}, money: {} }, cells: [] };

async function load() {
  const text = globalThis.document?.getElementById("data")?.textContent.trim();
  if (text) return JSON.parse(text);
  if (!globalThis.document) return empty; // Node, in tests
  const answer = await fetch("data.json", { cache: "no-store" });
  if (!answer.ok) throw new Error(`data.json: ${answer.status}`);
  return answer.json();
}

/** Why there is nothing to show; "" if there is. */
export let failure = "";

const loaded = await load().catch((error) => {
  failure = String(error.message ?? error);
  return empty;
});

// A cell that has nothing yet may not say so.
function whole(cell) {
  return { axes: {}, clips: [], purchases: [], ...cell };
}

export let head = loaded.head;
/** All cells, by `nth`; index i has nth i + 1 unless some were left out. */
export const cells = loaded.cells.map(whole);
export let axes = [];
/** Axes with one value, told under the title: {name, value}. */
export let constants = [];

const places = new Map(cells.map((cell, i) => [cell.nth, i]));
const listeners = new Set();

({ axes, constants } = findAxes(cells));

/** The cell of that number, or undefined. */
export function cellOf(nth) {
  return cells[places.get(nth)];
}

/** fn({cell}) for a cell that changed, fn({head}), fn({axes: true}). */
export function onChange(fn) {
  listeners.add(fn);
  return () => listeners.delete(fn);
}

function tell(change) {
  for (const fn of listeners) fn(change);
}

/** Takes the newest of a cell; its place among the others stays. */
export function update(newest) {
  const cell = whole(newest);
  const place = places.get(cell.nth);
  const old = cells[place];
  if (old) {
    cells[place] = cell;
  } else {
    places.set(cell.nth, cells.length);
    cells.push(cell);
  }
  const moved =
    !old ||
    old.take !== cell.take ||
    JSON.stringify(old.axes) !== JSON.stringify(cell.axes);
  if (moved) {
    ({ axes, constants } = findAxes(cells));
    tell({ axes: true });
  }
  tell({ cell });
}

export function updateHead(next) {
  head = next;
  tell({ head });
}

// A header that is empty would look like a fault of the page, and the text "4" like
// the number.
const MISTAKEN = /^(true|false|null|-?[0-9][0-9.]*(e[+-]?[0-9]+)?)?$/;

function shown(value, say) {
  if (value === undefined) return "–";
  return typeof value === "string" && MISTAKEN.test(value) ? `"${value}"` : say(value);
}

/** "motion.x": short words of its i-th value; of a zip group, its columns'. */
export function labelOf(axis, i, say) {
  return axis.told(i).map((value) => shown(value, say)).join(" · ");
}

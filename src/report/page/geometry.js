// Sizes of the grid, in CSS pixels. Pure.
import { SIZES } from "#hash";

export const GAP = 6;
const CAPTION = 36; // two lines under a clip that stands in no row or column
const LINE = 18;
const LETTER = 7.2; // width of one, about: labels are cut, not measured

/** Small enough for three columns, and never wider than there is room. */
function cellWidth(size, room) {
  return Math.max(64, Math.min(size, room));
}

const FEW = 3; // so many rows are all seen; of more, that have to be scrolled, two

// Without a wish: all columns side by side, over the whole width unless fewer rows
// would be seen than should be; but no cell so small that nothing is seen in it.
function fitting(counts, side, shape, room) {
  const byWidth = (room.width - side - GAP) / counts.columns - GAP;
  const rows = counts.rows > FEW ? 2 : counts.rows;
  const byHeight = ((room.height - 40) / rows - GAP) * shape;
  const least = Math.min(200, Math.max(80, byWidth));
  return Math.floor(Math.min(SIZES.max, Math.max(least, Math.min(byWidth, byHeight))));
}

function lines(labels, width, most) {
  const longest = labels.reduce((n, label) => Math.max(n, label.length), 0);
  return Math.min(most, Math.max(1, Math.ceil((longest * LETTER) / Math.max(width - 12, 40))));
}

function sideWidth(labels, names, room) {
  // The corner names both axes, each with an arrow, in smaller letters.
  const corner = Math.max(names.rows.length, names.columns.length) * 0.85 + 2;
  const longest = labels.reduce((n, label) => Math.max(n, label.length), corner);
  const most = Math.max(56, Math.min(200, room * 0.22));
  return Math.round(Math.min(most, Math.max(56, longest * LETTER + 22)));
}

/**
 * @typedef {object} Geometry
 * @property {number} rows number of rows
 * @property {number} columns
 * @property {number} width of a cell
 * @property {number} height of a cell
 * @property {number} box height of its picture
 * @property {number} head height of the column headers; 0: there are none
 * @property {number} side width of the row headers; 0: there are none
 */

/**
 * @param {{kind: string, items: unknown[]}} layout
 * @param {{columns: string[], rows: string[]}} labels
 * @param {{columns: string, rows: string}} names of the axes
 * @param {{size: number, shape: number}} wish width of a cell (0: what fits), and
 *     width / height
 * @param {{width: number, height: number}} room
 * @returns {Geometry}
 */
export function measure(layout, labels, names, wish, room) {
  if (layout.kind === "grid") {
    const side = sideWidth(labels.rows, names, room.width);
    const columns = Math.max(1, labels.columns.length);
    const counts = { columns, rows: labels.rows.length };
    const size = wish.size || fitting(counts, side, wish.shape, room);
    const width = cellWidth(size, room.width - side - 2 * GAP);
    const box = Math.round(width / wish.shape);
    const head = lines(labels.columns, width, 3) * LINE + 14;
    return { rows: labels.rows.length, columns, width, height: box, box, head, side };
  }
  const count = layout.items.length;
  const caption = layout.kind === "single" && count === 1 ? 0 : CAPTION;
  let width = cellWidth(wish.size || filling(count, room), room.width - 2 * GAP);
  if (caption === 0) width = alone(wish.shape, room);
  const columns = Math.max(1, Math.min(count, Math.floor((room.width - GAP) / (width + GAP))));
  const box = Math.round(width / wish.shape);
  const rows = Math.ceil(count / columns);
  return { rows, columns, width, height: box + caption, box, head: 0, side: 0 };
}

// As wide as fills a row, around what is usual.
function filling(count, room) {
  const columns = Math.max(1, Math.min(count, Math.round(room.width / 260)));
  return Math.min(480, Math.floor((room.width - GAP) / columns - GAP));
}

// As large as the room allows, whole.
function alone(shape, room) {
  return Math.max(160, Math.min(room.width - 2 * GAP, (room.height - 2 * GAP) * shape));
}

export const left = (g, c) => g.side + GAP + c * (g.width + GAP);
export const top = (g, r) => g.head + GAP + r * (g.height + GAP);

/** Of all that can be scrolled through. */
export function whole(g) {
  return { width: left(g, g.columns), height: top(g, g.rows) };
}

function range(from, to, pitch, most, more) {
  const first = Math.floor(from / pitch) - more;
  const last = Math.ceil(to / pitch) + more;
  return [Math.max(0, first), Math.min(most, last)];
}

/**
 * Which rows and columns are to be drawn: those that are seen, and some around.
 * @returns {{rows: [number, number], columns: [number, number]}} from, and before
 */
export function seen(g, scroll, room) {
  const y = scroll.top - GAP;
  const x = scroll.left - GAP;
  const more = g.height < 150 ? 2 : 1;
  return {
    rows: range(y, y + room.height - g.head, g.height + GAP, g.rows, more),
    columns: range(x, x + room.width - g.side, g.width + GAP, g.columns, 1),
  };
}

/** How far to scroll so that a cell is seen whole, where it is not. */
export function reveal(g, r, c, scroll, room) {
  const x = left(g, c) - g.side - GAP;
  const y = top(g, r) - g.head - GAP;
  const width = room.width - g.side - g.width - 2 * GAP;
  const height = room.height - g.head - g.height - 2 * GAP;
  return {
    left: Math.min(Math.max(scroll.left, x - Math.max(0, width)), x),
    top: Math.min(Math.max(scroll.top, y - Math.max(0, height)), y),
  };
}

/** Where to scroll to, so that the cell at the top of one geometry is there in another. */
export function anchored(from, to, scroll) {
  const rows = scroll.top / (from.height + GAP);
  // Where places follow each other, another number of columns moves all rows.
  const same = to.side > 0 || from.columns === to.columns;
  const there = same ? rows : Math.floor((Math.round(rows) * from.columns) / to.columns);
  const columns = scroll.left / (from.width + GAP);
  return { top: there * (to.height + GAP), left: columns * (to.width + GAP) };
}

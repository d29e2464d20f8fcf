// Going through the grid: from cell to cell, to the ends, from page to page.
import { cellOf } from "#data";
import { GAP } from "#geometry";
import { cellsAt, focusAt, shown } from "#grid";
import { chosen } from "#layout";
import { get as view, set } from "#view";

function within(r, c) {
  const { geometry } = shown();
  return r >= 0 && c >= 0 && r < geometry.rows && c < geometry.columns && cellsAt(r, c) !== null;
}

// Where places follow each other, the row after follows the end of a row.
function beside(r, c, dr, dc) {
  const { layout, geometry } = shown();
  if (layout.kind === "grid" || dc === 0) return { r: r + dr, c: c + dc };
  const next = r * geometry.columns + c + dc;
  if (next < 0) return { r: -1, c: 0 };
  return { r: Math.floor(next / geometry.columns), c: next % geometry.columns };
}

/** To the place beside. */
export function move(dr, dc) {
  const { focus } = shown();
  const { r, c } = beside(focus.r, focus.c, dr, dc);
  if (within(r, c)) focusAt(r, c);
  else focusAt(focus.r, focus.c);
}

/** To the "start" or "end" of the row. */
export function edge(where) {
  const { geometry, focus } = shown();
  let c = where === "end" ? geometry.columns - 1 : 0;
  while (c > 0 && !within(focus.r, c)) c -= 1;
  focusAt(focus.r, c);
}

/** One page on or back; without pages, as many rows as are seen. */
export function turn(by) {
  const { layout, geometry, focus, room } = shown();
  const { pages } = layout;
  if (pages) {
    const i = chosen(view(), pages) + by;
    if (i >= 0 && i < pages.values.length)
      set({ at: new Map(view().at).set(pages.name, i) });
    return;
  }
  const seenRows = Math.floor((room.height - geometry.head) / (geometry.height + GAP));
  let r = Math.min(geometry.rows - 1, Math.max(0, focus.r + by * Math.max(1, seenRows)));
  while (r > 0 && !within(r, focus.c)) r -= 1;
  focusAt(r, focus.c);
}

function placeOf(nth) {
  const { layout, geometry } = shown();
  const cell = cellOf(nth);
  if (!cell) return null;
  if (layout.kind === "grid") {
    const [r, c] = [layout.rows.at(cell), layout.columns ? layout.columns.at(cell) : 0];
    return layout.at(r, c).includes(cell) ? { r, c } : null;
  }
  const i = layout.items.findIndex((item) => item.includes(cell));
  return i < 0 ? null : { r: Math.floor(i / geometry.columns), c: i % geometry.columns };
}

/** Gives the focus to that cell, if it is shown. */
export function focusCell(nth) {
  const found = placeOf(nth);
  if (found) focusAt(found.r, found.c);
}

/** nth of the next cell that way, past gaps; 0: there is none. */
export function neighbour(nth, dr, dc) {
  const found = placeOf(nth);
  if (!found) return cellOf(nth + dr + dc)?.nth ?? 0;
  let { r, c } = found;
  for (;;) {
    ({ r, c } = beside(r, c, dr, dc));
    if (!within(r, c)) return 0;
    const cell = cellsAt(r, c)[0];
    if (cell) return cell.nth;
  }
}

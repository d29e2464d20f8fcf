// The cell that others are compared with, as long as it is marked.

import { openCompare } from "#compare";
import { cellOf } from "#data";
import { button, el } from "#dom";
import { titled } from "#keys";
import { quoted } from "#parts";
import { say } from "#said";
import { neighbour } from "#walk";
import { brief } from "#words";

let marked = 0;
const listeners = new Set();

/** nth of the marked cell, or 0. */
export function markedCell() {
  return cellOf(marked) ? marked : 0;
}

/** fn() when another cell is marked, or none. */
export function onMark(fn) {
  listeners.add(fn);
  return () => listeners.delete(fn);
}

function set(nth) {
  marked = nth;
  for (const fn of listeners) fn();
}

export function unmark() {
  set(0);
}

/** Marks a cell; one that is marked is no longer. */
export function toggleMark(nth) {
  set(marked === nth ? 0 : nth);
  say(marked ? "marked: c on another cell compares them" : "no longer marked");
}

// The cell that is compared with this one: the marked, else one beside it.
function partner(nth) {
  if (markedCell() && marked !== nth) return marked;
  const beside = [[0, 1], [0, -1], [1, 0], [-1, 0]];
  return beside.map(([down, right]) => neighbour(nth, down, right)).find(Boolean) ?? 0;
}

/** Opens the comparison: what is marked, or stands before, is A. */
export function compareWith(nth) {
  const other = partner(nth);
  if (!other) {
    say("there is no other cell to compare with");
    return;
  }
  const isBefore = other === markedCell() || other < nth;
  if (isBefore) openCompare(other, nth);
  else openCompare(nth, other);
}

function draw(chip) {
  const cell = cellOf(markedCell());
  chip.hidden = !cell;
  if (!cell) return;
  chip.replaceChildren("Marked ", quoted(brief(cell.name, 40)),
    button("✕", titled("Unmark", "leave"), unmark, { "aria-label": "Unmark" }));
}

/** A small sign at the foot of the page, as long as a cell is marked. */
export function start() {
  const chip = el("div", { id: "marked", hidden: true });
  document.body.append(chip);
  onMark(() => draw(chip));
}

// Keys do what the table of #keys says.

import { cycleAxes } from "#bar";
import { moveBy, openCell, writeNote } from "#cell";
import { moveWipe, nextMode } from "#compare";
import { cellOf } from "#data";
import { enlarge, reduce } from "#enlarge";
import { exportFile } from "#exporting";
import { focusText } from "#filter";
import { focused } from "#grid";
import { openHelp } from "#help";
import { judge, rate } from "#judging";
import { find, isField } from "#keys";
import { compareWith, markedCell, toggleMark, unmark } from "#marked";
import { step, toggle } from "#player";
import { say } from "#said";
import { nextSpeed } from "#transport";
import * as view from "#view";
import { edge, focusCell, move, turn } from "#walk";

const WAYS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/** What is on top: "page", or which dialog; they stand in the order they lie. */
function where() {
  return [...document.querySelectorAll("dialog[open]")].pop()?.id ?? "page";
}

// The cell that is meant: where the focus is, be it in the grid or in a dialog.
function meant() {
  const nth = document.activeElement?.closest("[data-nth]")?.dataset.nth;
  if (nth) return cellOf(Number(nth));
  const { cell, compare } = view.get();
  if (compare) return undefined; // neither of the two
  return cell ? cellOf(cell) : focused();
}

// Nobody rates what they do not see: a cell that only would get the focus gets it.
function pointOut(cell) {
  if (where() === "page" && !document.activeElement?.closest("#grid")) focusCell(cell.nth);
}

const withCell = (fn) => (key) => {
  const cell = meant();
  if (cell) pointOut(cell);
  if (cell) fn(cell, key);
  else if (view.get().compare) say("Tab to the stars of A or B first");
};

function go(key, place) {
  const [down, right] = WAYS[key];
  if (place === "cell") moveBy(down, right);
  else move(down, right);
}

function wipe(key, place, event) {
  moveWipe((key === "ArrowLeft" ? -1 : 1) * (event.shiftKey ? 10 : 1));
}

// A field is left first, then what is open. Of dialogs that a link has opened, the
// browser would close all at once.
function leave(key, place, event) {
  const focus = document.activeElement;
  if (isField(focus)) {
    event.preventDefault();
    const title = focus.closest("dialog")?.querySelector("h2");
    if (title) title.focus();
    else focusCell(focused()?.nth);
    return;
  }
  if (place === "page") {
    if (!reduce() && markedCell()) unmark();
    return;
  }
  event.preventDefault();
  document.getElementById(place).dispatchEvent(new Event("cancel"));
}

const NO_CHANGE = ["leave"]; // what the browser does with the key is wanted, too

const actions = {
  move: go,
  edge: (key) => edge(key === "Home" ? "start" : "end"),
  page: (key) => turn(key === "PageUp" ? -1 : 1),
  open: withCell((cell) => openCell(cell.nth)),
  leave,
  enlarge: () => enlarge(),
  play: () => toggle(),
  step: (key) => step(key === "," ? -1 : 1),
  speed: (key) => nextSpeed(key === "[" ? -1 : 1),
  loop: () => view.set({ loop: !view.get().loop }),
  rate: withCell((cell, key) => rate(cell, Number(key))),
  keep: withCell((cell) => judge(cell, "keep")),
  reject: withCell((cell) => judge(cell, "reject")),
  unjudge: withCell((cell) => judge(cell, "")),
  note: withCell((cell) => {
    openCell(cell.nth);
    writeNote();
  }),
  mark: withCell((cell) => toggleMark(cell.nth)),
  compare: withCell((cell) => compareWith(cell.nth)),
  mode: nextMode,
  wipe,
  wipeAll: (key) => moveWipe(key === "Home" ? -100 : 100),
  find: () => focusText(),
  axes: () => cycleAxes(),
  save: exportFile,
  help: openHelp,
};

function onKey(event) {
  const place = where();
  const row = find(event, place);
  if (!row) return;
  if (!NO_CHANGE.includes(row.run)) event.preventDefault();
  actions[row.run](event.key, place, event);
}

export function start() {
  document.addEventListener("keydown", onKey);
}

// A cell's page: its clip, what it was made of, and the takes beside it.

import { axes, cellOf, cells, onChange } from "#data";
import { hide, keepFocus, overlay, show } from "#dialog";
import { takesOf } from "#differing";
import { button, el, mark } from "#dom";
import { about, instead, stateOf } from "#facts";
import { panel } from "#judging";
import { titled } from "#keys";
import { clipOf } from "#layout";
import { canCancel, cancelButton } from "#live";
import { compareWith, markedCell, onMark, toggleMark } from "#marked";
import { quoted } from "#parts";
import { toggle } from "#player";
import { get, onChange as onRating } from "#ratings";
import { controls, screen } from "#screen";
import * as view from "#view";
import { neighbour } from "#walk";
import { brief, plural, point, state } from "#words";

const TAKES_MAX = 24; // a browser plays no more clips at a time than some dozens

let page = null; // the dialog and its parts
let shown = { cell: null, clip: "" }; // what is drawn, and which clip was asked for
let until = new AbortController(); // of what is drawn
let rated = new AbortController(); // of the rating, which stays while one writes

/** Opens the page of a cell. */
export function openCell(nth) {
  if (cellOf(nth)) view.set({ cell: nth });
}

// The clip that was chosen here, else the one that the whole page shows.
function chosenClip(cell) {
  return (cell.clips ?? []).find((clip) => clip.file === shown.clip) ??
    clipOf(cell, view.get().output);
}

/** To the cell beside, so many rows down and columns to the right. */
export function moveBy(down, right) {
  const next = neighbour(view.get().cell, down, right);
  if (next) view.set({ cell: next });
}

function arrow(text, title, down, right) {
  const near = neighbour(view.get().cell, down, right);
  return button(text, title, () => moveBy(down, right), { "aria-label": title, disabled: !near });
}

function markButton(cell) {
  const mine = button("Mark", titled("Mark, to compare another with it", "mark"),
    () => toggleMark(cell.nth));
  const refresh = () => mark(mine, "aria-pressed", markedCell() === cell.nth);
  until.signal.addEventListener("abort", onMark(refresh));
  refresh();
  return mine;
}

function tools(cell) {
  return [
    el("span", { class: "arrows", role: "group", "aria-label": "Cell beside" },
      arrow("←", "Cell to the left (←)", 0, -1), arrow("→", "Cell to the right (→)", 0, 1),
      arrow("↑", "Cell above (↑)", -1, 0), arrow("↓", "Cell below (↓)", 1, 0)),
    markButton(cell),
    button("Compare", titled("Compare with the marked cell, or the next", "compare"),
      () => compareWith(cell.nth), { disabled: cells.length < 2 }),
    canCancel(cell) && cancelButton(() => cell),
    el("span", { class: "figure quiet" }, `${cells.indexOf(cell) + 1} of ${cells.length}`),
  ];
}

// The clips of a cell where it has several: outputs, then what else was bought.
function clipChoice(cell, clip) {
  if ((cell.clips ?? []).length < 2) return false;
  const choices = cell.clips.map((one, i) => button(
    one.extra ? `Further clip ${i + 1}` : one.output || `Clip ${i + 1}`, one.path ?? "",
    () => {
      shown.clip = one.file;
      draw(shown.cell);
    }, { "aria-pressed": String(one === clip), dir: "auto" }));
  return el("div", { class: "choice-of-clips", role: "group", "aria-label": "Clips" }, ...choices);
}

function starsOf(cell) {
  const { rating, verdict } = get(cell);
  return [rating ? "★".repeat(rating) : "", verdict].filter(Boolean).join(" ");
}

// Of cells that differ in more, what they are called.
function labelOf(cell, current) {
  const same = JSON.stringify(cell.axes) === JSON.stringify(current.axes);
  return same ? `Take ${cell.take}` : brief(cell.name, 40);
}

function takeButton(cell, current) {
  const label = labelOf(cell, current);
  const stars = el("span", { class: "stars-told" }, starsOf(cell));
  until.signal.addEventListener("abort", onRating(() => {
    stars.textContent = starsOf(cell);
  }));
  const clip = clipOf(cell, view.get().output);
  const small = clip ? screen(clip, label, until.signal)
    : el("span", { class: "gap" }, state(cell.state));
  return el("button", { type: "button", class: "take", title: point(cell),
    "aria-current": cell === current ? "true" : undefined,
    onclick: () => view.set({ cell: cell.nth }) },
  small, el("span", { class: "label" }, quoted(label), stars));
}

// All takes play together, in step with the large one; so do other cells that
// stand in the same place of the grid.
function takes(cell) {
  const all = takesOf(cell, cells, axes);
  if (all.length < 2) return false;
  return el("section", { class: "takes", "aria-label": plural(all.length, "take") },
    ...all.slice(0, TAKES_MAX).map((one) => takeButton(one, cell)));
}

function large(cell, clip) {
  const element = screen(clip, cell.name, until.signal);
  element.addEventListener("click", () => toggle());
  return element;
}

function stage(cell, clip) {
  const picture = clip ? large(cell, clip) : instead(cell);
  return el("div", { class: "stage" }, picture,
    clip && controls(until.signal, picture.querySelector("video")),
    clipChoice(cell, clip),
    takes(cell));
}

// The frame of another cell: what is in it, is drawn into it.
function begin(cell) {
  rated.abort();
  rated = new AbortController();
  page.body.dataset.nth = cell.nth;
  page.stage = el("div");
  page.judging = panel(cell, rated.signal, true);
  page.body.replaceChildren(page.stage, el("div", { class: "about" }, page.judging));
}

function draw(cell) {
  until.abort();
  until = new AbortController();
  if (shown.cell?.nth !== cell.nth) begin(cell);
  shown.cell = cell;
  const clip = chosenClip(cell);
  page.title.replaceChildren(quoted(brief(cell.name, 120)));
  page.tools.replaceChildren(...tools(cell).filter(Boolean));
  const next = stage(cell, clip);
  page.stage.replaceWith(next);
  page.stage = next;
  while (page.judging.nextSibling) page.judging.nextSibling.remove();
  page.judging.after(...about(cell, clip));
  keepFocus(page);
}

function close() {
  if (!shown.cell) return;
  hide(page);
  until.abort();
  rated.abort();
  page.body.replaceChildren();
  delete page.body.dataset.nth;
  shown = { cell: null, clip: "" };
}

function follow({ cell: nth }) {
  const cell = cellOf(nth);
  if (!cell) {
    close();
    return;
  }
  if (cell === shown.cell) return;
  if (shown.cell?.nth !== nth) shown.clip = "";
  draw(cell);
  show(page);
  page.body.scrollTop = 0;
}

// While a cell is being made only its progress changes, again and again.
function looks(cell) {
  return JSON.stringify(cell, (key, value) => (key === "progress" ? undefined : value));
}

// Live: redrawn when more of it is known.
function onData({ cell }) {
  if (!cell || !shown.cell || cell.nth !== shown.cell.nth) return;
  if (looks(cell) !== looks(shown.cell)) draw(cell);
  shown.cell = cell;
  const why = page.body.querySelector(".stage > .instead .why");
  if (why) why.textContent = stateOf(cell);
}

/** Puts the cursor into the note of the open cell. */
export function writeNote() {
  page?.body.querySelector(".note")?.focus();
}

export function start() {
  page = overlay("cell", () => view.get().cell && view.set({ cell: 0 }));
  view.subscribe(follow);
  onChange(onData);
  follow(view.get());
}

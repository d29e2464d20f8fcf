// Two cells over each other, or beside: by a wipe, as their difference.

import { cellOf, onChange } from "#data";
import { hide, keepFocus, overlay, show } from "#dialog";
import { differences } from "#differing";
import { button, el } from "#dom";
import { instead } from "#facts";
import { MODES } from "#hash";
import { panel } from "#judging";
import { titled } from "#keys";
import { clipOf } from "#layout";
import { figure, quoted } from "#parts";
import { text } from "#request";
import { controls, screen } from "#screen";
import * as view from "#view";
import { focusCell } from "#walk";
import { brief, value } from "#words";

const TOLD = { wipe: "Wipe", difference: "Difference", beside: "Side by side" };
const AMPLIFY_MAX = 16;

let page = null;
let drawn = []; // the two cells that are drawn
let until = new AbortController();
let wiped = 50; // percent of the width that A has
let amplified = 1;

/** Opens the comparison of two cells. */
export function openCompare(a, b) {
  if (cellOf(a) && cellOf(b)) view.set({ compare: [a, b] });
}

function setWipe(percent) {
  wiped = Math.min(100, Math.max(0, percent));
  page.stage?.style.setProperty("--wipe", `${wiped}%`);
  if (page.wipe) page.wipe.value = String(Math.round(wiped));
}

/** Moves the divider by so many percent; only where there is one. */
export function moveWipe(percent) {
  if (view.get().mode === "wipe") setWipe(wiped + percent);
}

/** The next way of comparing. */
export function nextMode() {
  const at = MODES.indexOf(view.get().mode);
  view.set({ mode: MODES[(at + 1) % MODES.length] });
}

function setAmplify(times) {
  amplified = times;
  page.stage.style.setProperty("--amplify", String(times));
  page.times.textContent = `× ${times}`;
}

// The divider is where the pointer is, be it a mouse, a pen or a finger.
function dragged(stage) {
  const follow = (event) => {
    const { left, width } = stage.getBoundingClientRect();
    if (width > 0) setWipe(((event.clientX - left) / width) * 100);
  };
  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || view.get().mode !== "wipe") return;
    stage.setPointerCapture(event.pointerId);
    event.preventDefault(); // no picture is dragged away, no text selected
    follow(event);
  });
  stage.addEventListener("pointermove", (event) => {
    if (stage.hasPointerCapture(event.pointerId)) follow(event);
  });
}

function half(cell, letter) {
  const clip = clipOf(cell, view.get().output);
  const picture = clip ? screen(clip, `${letter}: ${cell.name}`, until.signal) : instead(cell);
  return el("div", { class: `half ${letter.toLowerCase()}` }, picture,
    el("span", { class: "letter", "aria-hidden": "true" }, letter));
}

// Both stand in the same box: that of the first of them that has a clip.
function ratioOf(list) {
  const clip = list.map((cell) => clipOf(cell, view.get().output)).find((one) => one?.height > 0);
  return clip ? clip.width / clip.height : 16 / 9;
}

function stageOf(list) {
  const stage = el("div", { class: "pair" }, half(list[0], "A"), half(list[1], "B"),
    el("div", { class: "divider", "aria-hidden": "true" }));
  dragged(stage);
  return stage;
}

function modeSelect() {
  return el("select", { id: "mode", "aria-label": "How they are compared",
    title: titled("How they are compared", "mode"),
    onchange: (event) => view.set({ mode: event.target.value }) },
  ...MODES.map((mode) => el("option", { value: mode }, TOLD[mode])));
}

// Of the same width as the clips: its handle is where the divider is.
function wipeRange() {
  return el("input", { id: "wipe", type: "range", min: 0, max: 100, step: 1,
    "aria-label": "How much of A is seen, in percent", title: titled("Divider", "wipe"),
    oninput: (event) => setWipe(Number(event.target.value)) });
}

function amplifyRange() {
  page.times = figure("");
  return el("label", { class: "amplify" }, "Amplified ", el("input", {
    id: "amplify", type: "range", min: 1, max: AMPLIFY_MAX, step: 1, value: amplified,
    oninput: (event) => setAmplify(Number(event.target.value)) }), page.times);
}

function setMode(mode) {
  if (!page.stage) return;
  page.body.dataset.mode = mode;
  page.mode.value = mode;
  page.wipe.hidden = mode !== "wipe";
  page.amplify.hidden = mode !== "difference";
}

function side(cell, letter) {
  return el("section", { class: "side", "data-nth": cell.nth, "aria-label": letter },
    el("h3", {}, `${letter} `, quoted(brief(cell.name, 120))), panel(cell, until.signal));
}

function told(of) {
  if (of === undefined) return el("em", {}, "not there");
  return typeof of === "string" ? text(of) : figure(value(of));
}

function table(a, b) {
  const rows = differences(a, b, view.get().output);
  if (rows.length === 0)
    return el("p", { class: "quiet" }, "Both were asked for in the same words.");
  const head = el("tr", {}, ...["differs in", "A", "B"].map((name) =>
    el("th", { scope: "col" }, name)));
  return el("table", { class: "differs" }, el("thead", {}, head), el("tbody", {},
    ...rows.map((row) => el("tr", {}, el("th", { scope: "row" }, quoted(row.name)),
      el("td", {}, told(row.a)), el("td", {}, told(row.b))))));
}

function swap() {
  const [a, b] = view.get().compare;
  view.set({ compare: [b, a] });
  page.tools.querySelector("button").focus();
}

function draw(a, b) {
  until.abort();
  until = new AbortController();
  drawn = [a, b];
  page.title.replaceChildren("Compare");
  page.mode = modeSelect();
  page.wipe = wipeRange();
  page.amplify = amplifyRange();
  page.tools.replaceChildren(page.mode,
    button("⇄", "Swap A and B", swap, { "aria-label": "Swap A and B" }));
  page.stage = stageOf(drawn);
  page.body.replaceChildren(
    el("div", { class: "stage" }, page.stage, page.wipe, page.amplify, controls(until.signal)),
    el("div", { class: "sides" }, side(a, "A"), side(b, "B")), table(a, b));
  page.body.style.setProperty("--ratio", String(ratioOf(drawn)));
  setWipe(wiped);
  setAmplify(amplified);
  setMode(view.get().mode);
  keepFocus(page);
}

// The grid may have let go of the cell that one came from.
function close() {
  if (!drawn.length) return;
  hide(page);
  if (document.activeElement === document.body) focusCell(drawn[1].nth);
  until.abort();
  page.body.replaceChildren();
  page.stage = null;
  drawn = [];
}

function follow({ compare, mode }) {
  const [a, b] = (compare ?? []).map(cellOf);
  if (!a || !b) {
    close();
    return;
  }
  if (a !== drawn[0] || b !== drawn[1]) draw(a, b);
  setMode(mode);
  show(page);
}

// Live: a clip has come.
function onData({ cell }) {
  if (!cell || !drawn.some((one) => one.nth === cell.nth)) return;
  const files = (of) => JSON.stringify(of.clips ?? []);
  const old = drawn.find((one) => one.nth === cell.nth);
  drawn = drawn.map((one) => (one === old ? cell : one));
  if (files(old) !== files(cell)) draw(...drawn);
}

export function start() {
  page = overlay("compare", () => view.get().compare && view.set({ compare: null }));
  view.subscribe(follow);
  onChange(onData);
  follow(view.get());
}

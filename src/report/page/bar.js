// The bar: which axes stand where, what the sliders choose, and how it plays.
import { axes, cells, labelOf, onChange } from "#data";
import { button, byId, el, mark } from "#dom";
import { start as startFilter } from "#filter";
import { onLayout } from "#grid";
import { SIZES } from "#hash";
import { chosen, cycled, outputsOf, place, roles } from "#layout";
import { calmly } from "#slices";
import { start as startTransport } from "#transport";
import { get as view, set, subscribe } from "#view";
import { brief } from "#words";

const PLACES = [
  ["columns", "cols", "Columns"],
  ["rows", "rows", "Rows"],
  ["pages", "page", "Pages"],
];

const say = (v) => brief(v, 60);

function options(select, list, value) {
  const says = JSON.stringify(list);
  if (select.dataset.says !== says) {
    select.dataset.says = says;
    select.replaceChildren(...list.map(([v, text]) => el("option", { value: v }, text)));
  }
  select.value = value;
}

// --- Axes ---

function axisSelect([id, key, text]) {
  const select = el("select", { id: `axis-${id}`,
    onchange: () => set({ ...place(view(), key, select.value), matching: false }) });
  return el("label", { class: "choice" }, el("span", {}, text), select);
}

function swap() {
  const { cols, rows } = view();
  set({ cols: rows, rows: cols });
}

/** The axes move one place on: other columns, other rows. */
export function cycleAxes() {
  set(cycled(axes, view()));
}

function drawAxes(state) {
  byId("axes").hidden = axes.length === 0;
  for (const [id, key] of PLACES) {
    const list = [["", "–"], ...axes.map((axis) => [axis.name, brief(axis.name, 40)])];
    options(byId(`axis-${id}`), list, state[key]);
  }
  byId("swap").disabled = state.cols === "" && state.rows === "";
}

function drawOutputs(state) {
  const names = outputsOf(cells);
  byId("output-choice").hidden = names.length < 2;
  const list = [["", names[0] === "" ? "first" : (names[0] ?? "first")], ...names.slice(1).map((name) => [name, name])];
  options(byId("output"), list, names.slice(1).includes(state.output) ? state.output : "");
}

// --- Pages and sliders ---

function choose(axis, i) {
  set({ at: new Map(view().at).set(axis.name, i), matching: false });
}

// Buttons are for a handful: a slider is for more.
const BUTTONS = 12;

function pageButton(axis, i, now) {
  const text = labelOf(axis, i, (v) => brief(v, 24));
  return button(text, `Page ${axis.name} ${text}`, () => choose(axis, i), { "data-page": i,
    "aria-pressed": String(i === now), dir: "auto" });
}

function drawPages(axis, state) {
  const pages = byId("pages");
  const few = axis !== null && axis.values.length <= BUTTONS;
  pages.hidden = !few;
  if (!few) {
    pages.replaceChildren();
    return;
  }
  const now = chosen(state, axis);
  const same = pages.dataset.axis === axis.name && pages.children.length === axis.values.length;
  if (same) {
    [...pages.children].forEach((child, i) => mark(child, "aria-pressed", i === now));
    return;
  }
  pages.dataset.axis = axis.name;
  mark(pages, "aria-label", `Pages: ${axis.name}`);
  pages.replaceChildren(...axis.values.map((v, i) => pageButton(axis, i, now)));
}

function newSlider(axis) {
  const range = el("input", { type: "range", min: 0, step: 1,
    oninput: () => choose(axes.find((a) => a.name === axis.name), Number(range.value)) });
  const output = el("output", { dir: "auto" });
  return el("label", { class: "slider", "data-axis": axis.name },
    el("span", { dir: "auto" }, brief(axis.name, 40)), range, output);
}

function drawSliders(list, state) {
  const sliders = byId("sliders");
  const names = list.map((axis) => axis.name);
  const old = new Map([...sliders.children].map((child) => [child.dataset.axis, child]));
  for (const [name, child] of old) if (!names.includes(name)) child.remove();
  for (const axis of list) {
    const slider = old.get(axis.name) ?? newSlider(axis);
    if (!old.has(axis.name)) sliders.append(slider);
    const [, range, output] = slider.children;
    const i = chosen(state, axis);
    const text = labelOf(axis, i, say);
    range.max = axis.values.length - 1;
    range.value = i;
    mark(range, "aria-valuetext", text);
    mark(range, "aria-label", axis.name);
    output.textContent = text;
    output.title = text;
  }
  sliders.hidden = list.length === 0;
}

function draw(state) {
  drawAxes(state);
  drawOutputs(state);
  const found = roles(axes, state);
  const many = found.pages && found.pages.values.length > BUTTONS;
  drawPages(found.pages, state);
  drawSliders(many ? [found.pages, ...found.sliders] : found.sliders, state);
}

// --- The bar itself ---

function axesGroup() {
  return el("div", { id: "axes", class: "group", role: "group", "aria-label": "Axes" },
    axisSelect(PLACES[0]),
    button("⇄", "Swap columns and rows", swap, { id: "swap", "aria-label": "Swap columns and rows" }),
    axisSelect(PLACES[1]), axisSelect(PLACES[2]));
}

function outputChoice() {
  const select = el("select", { id: "output", onchange: () => set({ output: select.value }) });
  return el("label", { class: "choice", id: "output-choice" }, el("span", {}, "Clip"), select);
}

// Where nobody chose a size, the slider stands where the grid's own choice is.
function drawSize(layout, width) {
  if (!byId("size").matches(":active")) byId("size").value = Math.round(width);
}

function sizeChoice() {
  const range = el("input", { type: "range", id: "size", min: SIZES.min, max: SIZES.max,
    step: 10, oninput: () => set({ size: Number(range.value) }) });
  return el("label", { class: "choice" }, el("span", {}, "Size"), range);
}

export function start() {
  const choices = el("div", { id: "choices", class: "line" }, axesGroup(), outputChoice(),
    el("div", { id: "pages", class: "group", role: "group" }),
    el("div", { id: "sliders", class: "group" }));
  const fold = button("Axes", "Which axes stand where", () => {
    const open = byId("bar").classList.toggle("unfolded");
    mark(fold, "aria-expanded", open);
  }, { id: "fold", "aria-expanded": "false", "aria-controls": "choices" });
  const playing = el("div", { class: "line" });
  byId("bar").append(choices, playing);
  startTransport(playing);
  playing.append(fold);
  startFilter(playing);
  playing.append(sizeChoice());
  playing.append(el("div", { class: "group ends" },
    button("Export", "Save the ratings to a file (s)", null, { id: "export" }),
    button("Import", "Read ratings from a file", null, { id: "import" }),
    button("?", "Keys (?)", null, { id: "help-open", "aria-label": "Keys" })));
  draw(view());
  subscribe(draw);
  onLayout(drawSize);
  onChange(calmly(() => draw(view()), 200));
}

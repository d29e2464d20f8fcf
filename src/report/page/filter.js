// What is looked for: by text, state, rating, verdict and values of axes.
import { axes, cells, labelOf, onChange } from "#data";
import { button, byId, el, mark } from "#dom";
import { onLayout } from "#grid";
import { STATES } from "#hash";
import { isFiltered } from "#layout";
import { calmly } from "#slices";
import { get as view, set, subscribe } from "#view";
import { brief, plural, state as stateWords } from "#words";

// Of an axis with more values, text finds what boxes would only hide.
const MOST_BOXES = 60;

/** The key "/". */
export function focusText() {
  byId("filter-text").focus();
  byId("filter-text").select();
}

function toggled(list, value, on) {
  return on ? [...list.filter((v) => v !== value), value] : list.filter((v) => v !== value);
}

function stateBox(name) {
  const box = el("input", { type: "checkbox", name: "state", value: name,
    onchange: () => set({ state: toggled(view().state, name, box.checked) }) });
  return el("label", {}, box, stateWords(name));
}

function onlyBox(axis, i) {
  const box = el("input", { type: "checkbox", "data-i": i, onchange: () => {
    const chosen = toggled([...(view().only.get(axis.name) ?? [])], i, box.checked);
    const only = new Map(view().only);
    if (chosen.length > 0) only.set(axis.name, new Set(chosen));
    else only.delete(axis.name);
    set({ only });
  } });
  return el("label", { dir: "auto" }, box, labelOf(axis, i, (v) => brief(v, 50)));
}

function axisBoxes(axis) {
  const few = axis.values.slice(0, MOST_BOXES);
  return el("fieldset", { "data-axis": axis.name }, el("legend", { dir: "auto" }, brief(axis.name, 60)),
    ...few.map((v, i) => onlyBox(axis, i)));
}

function clear() {
  set({ state: [], only: new Map(), min: 0, verdict: "", text: "", matching: false });
}

function choice(id, text, list, read) {
  const select = el("select", { id, onchange: () => set(read(select.value)) },
    ...list.map(([value, label]) => el("option", { value }, label)));
  return el("label", { class: "choice" }, el("span", {}, text), select);
}

function panel() {
  const stars = [0, 1, 2, 3, 4, 5].map((n) => [n, n === 0 ? "any" : `${"★".repeat(n)} or more`]);
  const verdicts = [["", "any"], ["keep", "keep"], ["reject", "reject"], ["none", "neither"]];
  return el("div", { class: "panel" },
    el("div", { class: "group" },
      choice("filter-min", "Rating", stars, (value) => ({ min: Number(value) })),
      choice("filter-verdict", "Verdict", verdicts, (verdict) => ({ verdict }))),
    el("fieldset", { id: "filter-state" }, el("legend", {}, "State"), ...STATES.map(stateBox)),
    el("div", { id: "filter-axes" }),
    el("p", {}, button("Clear", "Match all cells again", clear, { id: "filter-clear" })));
}

let drawnAxes = null; // the axes whose boxes stand in the panel

function drawAxes() {
  if (drawnAxes === axes) return;
  drawnAxes = axes;
  byId("filter-axes").replaceChildren(...axes.map(axisBoxes));
}

// States that no cell is in would only be in the way.
function drawStates(state) {
  const there = new Set(cells.map((cell) => cell.state));
  for (const box of document.querySelectorAll("#filter-state input")) {
    box.checked = state.state.includes(box.value);
    box.parentElement.hidden = !there.has(box.value) && !box.checked;
  }
}

function drawBoxes(state) {
  for (const fieldset of byId("filter-axes").children) {
    const only = state.only.get(fieldset.dataset.axis);
    for (const box of fieldset.querySelectorAll("input"))
      box.checked = only?.has(Number(box.dataset.i)) ?? false;
  }
}

function draw(state) {
  const text = byId("filter-text");
  if (text.value !== state.text) text.value = state.text;
  byId("filter-min").value = String(state.min);
  byId("filter-verdict").value = state.verdict;
  mark(byId("only-matching"), "aria-pressed", state.matching);
  byId("filter").classList.toggle("active", isFiltered(state));
  if (!byId("filter").open) return;
  drawAxes();
  drawStates(state);
  drawBoxes(state);
}

function drawCount(layout) {
  const all = plural(cells.length, "cell");
  const text = layout.matches.size === cells.length ? all : `${layout.matches.size} of ${all}`;
  const count = byId("count");
  if (count.textContent !== text) count.textContent = text;
}

// As other menus: Escape, and a click elsewhere, close it.
function closes(details) {
  document.addEventListener("pointerdown", (event) => {
    if (details.open && !details.contains(event.target)) details.open = false;
  });
  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !details.open) return;
    event.stopPropagation();
    details.open = false;
    details.firstChild.focus();
  });
}

export function start(parent) {
  const text = el("input", { type: "search", id: "filter-text", placeholder: "Find", dir: "auto",
    "aria-label": "Find cells by text", title: "Find by name, prompt or value (/)",
    autocomplete: "off", spellcheck: "false", oninput: () => set({ text: text.value }) });
  const details = el("details", { id: "filter", ontoggle: () => draw(view()) },
    el("summary", {}, "Filter"), panel());
  parent.append(el("div", { class: "group finding", role: "group", "aria-label": "Finding" },
    text, details,
    button("List", "Show only what matches, as a list", () => set({ matching: !view().matching }),
      { id: "only-matching", "aria-pressed": "false" }),
    el("span", { id: "count", role: "status", "aria-live": "polite" })));
  closes(details);
  draw(view());
  subscribe(draw);
  onLayout(drawCount);
  onChange(calmly(() => draw(view()), 200));
}

// What the page is about: the recipe, the run, what it cost.
import { constants, head, onChange } from "#data";
import { byId, el } from "#dom";
import { brief, credits, duration, plural, time, value } from "#words";

// A run that is over may still tell what it was, its exit code too.
function outcome(run) {
  if (run.alive) return run.paused ? "paused" : "running";
  if (!(run.ended_ms > 0)) return "stopped before its end";
  const took = duration(run.ended_ms - run.started_ms);
  return run.exit > 0 ? `${took}, exit code ${run.exit}` : took;
}

// Of a very large run only the first cells are recorded.
function cellsOf({ cells, recorded }) {
  const all = plural(cells, "cell");
  return recorded < cells ? `the first ${recorded} of ${all}` : all;
}

function facts() {
  const { recipe, run, money } = head;
  const list = [];
  if (recipe.about) list.push(el("span", { class: "about", dir: "auto" }, recipe.about));
  if (run.cells >= 0) list.push(el("span", {}, cellsOf(run)));
  if (run.started_ms > 0)
    list.push(el("span", { title: `run ${run.id}: ${run.command ?? ""}` },
      `${time(run.started_ms)}, ${outcome(run)}`));
  if (money.spent >= 0)
    list.push(el("span", { title: "Spent by all runs of this recipe" }, `${credits(money.spent)} spent`));
  if (money.reserved > 0) list.push(el("span", {}, `${credits(money.reserved)} reserved`));
  if (money.unknown > 0)
    list.push(el("span", { class: "warns" }, `${credits(money.unknown)} unknown`));
  for (const { name, value: of } of constants)
    list.push(el("span", { class: "constant", dir: "auto", title: value(of).slice(0, 600) },
      `${brief(name, 40)} ${brief(of, 40)}`));
  return list;
}

function draw() {
  const { name } = head.recipe;
  document.title = `${name} · tarmac`;
  byId("title").textContent = name;
  byId("facts").replaceChildren(...facts());
}

export function start() {
  draw();
  onChange((change) => {
    if (change.head || change.axes) draw();
  });
}

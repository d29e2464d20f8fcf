// A request as it is read by people: the prompt first, the camera as a table.

import { el } from "#dom";
import { facts, figure, quoted } from "#parts";
import { isMap, value } from "#words";

const DEPTH_MAX = 6;
const LONG = 1000; // characters above which a text gets a box that scrolls
// In this order, before all others, which stand as they came.
const FIRST = ["prompt", "negative_prompt", "text", "model", "x", "y", "z", "r"];

const isScalar = (of) => of === null || typeof of !== "object";

/** A text of any length, as it was written. */
export function text(of) {
  const block = quoted(of, "div");
  block.classList.add("text");
  if (of.length > LONG) {
    block.classList.add("long");
    block.tabIndex = 0; // so that the keyboard scrolls it
  }
  return block;
}

function inOrder(map) {
  const rank = ([name]) => {
    const place = FIRST.indexOf(name);
    return place < 0 ? FIRST.length : place;
  };
  return Object.entries(map).sort((a, b) => rank(a) - rank(b));
}

function table(map, depth) {
  const rows = inOrder(map).map(([name, of]) => el("tr", {},
    el("th", { scope: "row" }, quoted(name)), el("td", {}, told(of, depth + 1))));
  return el("table", { class: "map" }, el("tbody", {}, ...rows));
}

function list(items, depth) {
  if (items.every((item) => isScalar(item) && typeof item !== "string"))
    return figure(items.map(value).join(", "));
  return el("ol", { class: "list" },
    ...items.map((item) => el("li", {}, told(item, depth + 1))));
}

function told(of, depth) {
  if (depth > DEPTH_MAX) return text(value(of));
  if (typeof of === "string") return text(of);
  if (isScalar(of)) return figure(value(of));
  if (Object.keys(of).length === 0) return figure(isMap(of) ? "nothing" : "none");
  return isMap(of) ? table(of, depth) : list(of, depth);
}

/**
 * @param {Object} request
 * @param {string[]} [leftOut] fields that are not told
 */
export function requestList(request, leftOut = []) {
  const rows = inOrder(request).map(([name, of]) => [quoted(name), told(of, 0)]);
  for (const name of leftOut)
    if (!Object.hasOwn(request, name))
      rows.push([quoted(name), el("em", {}, "left out of this page")]);
  return facts(rows, { class: "request" });
}

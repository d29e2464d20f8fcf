// Pieces that what lies over the page is made of.

import { el } from "#dom";

/** A list of [term, ...what is told]; a row with nothing to tell is left out. */
export function facts(rows, properties) {
  const list = el("dl", properties);
  for (const [term, ...values] of rows) {
    const told = values.filter((one) => one !== undefined && one !== "" && one !== false);
    if (told.length) list.append(el("div", {}, el("dt", {}, term), el("dd", {}, ...told)));
  }
  return list;
}

/** A number, a time: lined up with others. */
export function figure(text) {
  return el("span", { class: "figure" }, text);
}

/** Somebody else's words: in their own direction, apart from the text around. */
export function quoted(text, tag = "span") {
  return el(tag, { dir: "auto", class: "quoted" }, text);
}

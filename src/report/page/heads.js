// What stands over the columns and beside the rows.
import { labelOf } from "#data";
import { el, mark } from "#dom";
import { left } from "#geometry";
import { brief, value } from "#words";

// The whole of a value, where its label is cut.
const LONG = 600;

function head(geometry, text, c) {
  const element = el("div", { role: "columnheader", dir: "auto", title: text,
    "aria-colindex": c + 2 });
  element.append(el("span", {}, text));
  element.style.left = `${left(geometry, c)}px`;
  return element;
}

let drawn = ""; // what the heads say now: most layouts change nothing about them

/**
 * @param {{columns: string[]}|null} labels null: there are no heads
 * @param {{columns: string, rows: string}} names
 */
export function drawHeads(element, geometry, labels, names) {
  element.hidden = labels === null;
  const says = JSON.stringify([labels?.columns, names, geometry.width, geometry.side]);
  if (says === drawn || labels === null) return;
  drawn = says;
  const corner = el("div", { role: "columnheader", class: "corner", "aria-colindex": "1",
    "aria-label": names.columns ? `${names.rows}, by ${names.columns}` : names.rows });
  corner.append(
    el("span", { class: "of-columns" }, names.columns && `${names.columns} →`),
    el("span", { class: "of-rows" }, `${names.rows} ↓`),
  );
  element.replaceChildren(corner, ...labels.columns.map((text, c) => head(geometry, text, c)));
}

/** The header of row `r` of an axis; null: there is none. */
export function drawSide(element, axis, r) {
  element.hidden = axis === null;
  if (axis === null) return;
  const text = labelOf(axis, r, (v) => brief(v, 90));
  mark(element, "title", labelOf(axis, r, value).slice(0, LONG));
  mark(element, "aria-colindex", 1);
  if (element.textContent !== text) element.replaceChildren(el("span", {}, text));
}

// Which keys there are, from the table that they work by.

import { hide, overlay, show } from "#dialog";
import { el } from "#dom";
import { table } from "#keys";

let page = null;

const PLACES = {
  "page cell compare": "everywhere",
  "page cell": "in the grid and on a cell's page",
  page: "in the grid",
  compare: "when comparing",
};

function placeOf(row) {
  return ["page", "cell", "compare"].filter((place) => row.where.includes(place)).join(" ");
}

function keys(row) {
  return row.shown.split(" ").map((key) =>
    (key === "–" ? " – " : el("kbd", {}, key)));
}

function group(title, rows) {
  return el("section", {}, el("h3", {}, title), el("dl", { class: "keys" },
    ...rows.map((row) => el("div", {}, el("dt", {}, ...keys(row)), el("dd", {}, row.what)))));
}

export function openHelp() {
  if (page.dialog.open) hide(page);
  else show(page);
}

export function start() {
  page = overlay("help", () => hide(page));
  page.title.textContent = "Keys";
  page.body.append(...Object.entries(PLACES).map(([place, title]) =>
    group(title, table.filter((row) => placeOf(row) === place))));
  document.getElementById("help-open")?.addEventListener("click", openHelp);
}

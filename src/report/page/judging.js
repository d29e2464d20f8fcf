// Stars, keep or reject, and a note: what they look like, and what is said when
// they change.

import { button, el } from "#dom";
import { titled } from "#keys";
import { get, isKept, NOTE_MAX, onChange, set } from "#ratings";
import { say } from "#said";
import { plural } from "#words";

const JUDGED = { keep: "kept", reject: "rejected", "": "neither kept nor rejected" };
let warned = false;

function tell(text) {
  const lost = !isKept() && !warned;
  warned ||= lost;
  say(lost ? `${text}; this browser keeps nothing for this page: export before you leave` : text);
}

/** Stars of a cell, 1 to 5; 0 takes them back. */
export function rate(cell, rating) {
  set(cell, { rating });
  tell(rating ? `rated ${rating}` : "not rated");
}

/** "keep", "reject", or "" for neither. */
export function judge(cell, verdict) {
  set(cell, { verdict });
  tell(JUDGED[verdict]);
}

function starButtons(cell) {
  return [1, 2, 3, 4, 5].map((count) => button("☆", `${plural(count, "star")} (${count})`,
    () => rate(cell, get(cell).rating === count ? 0 : count),
    { class: "star", "aria-label": plural(count, "star") }));
}

function verdictButton(cell, verdict, text, run) {
  return button(text, titled(text, run),
    () => judge(cell, get(cell).verdict === verdict ? "" : verdict),
    { class: `verdict ${verdict}` });
}

function show(cell, stars, keep, reject, note) {
  const { rating, verdict, note: text } = get(cell);
  for (const [i, star] of stars.entries()) {
    star.classList.toggle("lit", i < rating);
    star.textContent = i < rating ? "★" : "☆";
    star.setAttribute("aria-pressed", String(i + 1 === rating));
  }
  keep.setAttribute("aria-pressed", String(verdict === "keep"));
  reject.setAttribute("aria-pressed", String(verdict === "reject"));
  if (note && note.value !== text) note.value = text;
}

function noteField(cell) {
  return el("textarea", {
    class: "note", rows: 2, maxlength: NOTE_MAX, dir: "auto", placeholder: "Note",
    "aria-label": "Note", title: titled("Note", "note"),
    oninput: (event) => set(cell, { note: event.target.value }),
  });
}

/**
 * The controls of one cell's rating.
 * @param {object} cell
 * @param {AbortSignal} until when they are gone from the page
 * @param {boolean} [withNote]
 */
export function panel(cell, until, withNote = false) {
  const stars = starButtons(cell);
  const keep = verdictButton(cell, "keep", "Keep", "keep");
  const reject = verdictButton(cell, "reject", "Reject", "reject");
  const note = withNote && noteField(cell);
  const refresh = () => show(cell, stars, keep, reject, note);
  until.addEventListener("abort", onChange((of) => {
    if (!of || of.name === cell.name) refresh();
  }));
  refresh();
  return el("div", { class: "judging", role: "group", "aria-label": "Rating" },
    el("span", { class: "stars" }, ...stars),
    el("span", { class: "verdicts" }, keep, reject), note);
}

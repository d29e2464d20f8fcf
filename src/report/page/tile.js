// One cell of the grid as elements: its poster, over it its clip while it plays,
// and what there is to say of it.
import { isOurs } from "#differing";
import { el, mark } from "#dom";
import { canCancel, cancelButton } from "#live";
import { attach, detach } from "#player";
import { giveBack } from "#slices";
import { point, state as stateWords } from "#words";

const STATE_MARKS = {
  running: "◐",
  queued: "○",
  failed: "✕",
  unknown: "?",
  unfinished: "–",
  cancelled: "⊘",
};

/** How far its running purchases are, from 0 to 1; null: nobody knows. */
export function progressOf(cell) {
  const known = cell.purchases.map((p) => p.progress).filter(Number.isFinite);
  if (known.length === 0) return null;
  return Math.min(1, Math.max(0, Math.max(...known)));
}

/** All that the picture says, for those who do not see it. */
export function describe(cell, rating, more) {
  const parts = [point(cell), stateWords(cell.state)];
  const progress = cell.state === "running" ? progressOf(cell) : null;
  if (progress !== null) parts.push(`${Math.round(progress * 100)} %`);
  if (cell.error?.message) parts.push(cell.error.message.slice(0, 300));
  if (rating.rating > 0)
    parts.push(rating.rating === 1 ? "1 star" : `${rating.rating} stars`);
  if (rating.verdict !== "") parts.push(rating.verdict);
  if (rating.note !== "") parts.push("has a note");
  if (more > 0) parts.push(`${more} more here`);
  return parts.join(", ");
}

export class Tile {
  constructor() {
    this.poster = el("img", { class: "poster away", alt: "", decoding: "async", draggable: "false" });
    this.notes = el("div", { class: "notes" });
    // One that stays: what is drawn anew under a pointer would not be pressed.
    this.cancel = cancelButton(() => this.cell, { tabindex: "-1" });
    this.box = el("div", { class: "box" }, this.poster, this.notes, this.cancel);
    this.caption = el("div", { class: "caption", dir: "auto" });
    this.element = el("div", { role: "gridcell", tabindex: "-1" }, this.box, this.caption);
    this.element.tile = this;
    this.video = null;
    this.clip = undefined;
    this.cell = undefined;
    this.broken = "";
    this.says = ""; // by its notes
    this.poster.addEventListener("error", () => this.poster.classList.add("away"));
    this.poster.addEventListener("load", () => this.poster.classList.remove("away"));
  }

  /**
   * @param {object} what
   * @param {object[]} what.cells of this place
   * @param {object|undefined} what.clip of the first that is shown
   * @param {{rating: number, verdict: string, note: string}} what.rating
   * @param {boolean} what.dim it does not match
   * @param {string} what.caption
   */
  show({ cells, clip, rating, dim, caption }) {
    const cell = cells[0];
    this.cell = cell;
    this.showClip(clip);
    const { element } = this;
    element.classList.toggle("cell", Boolean(cell));
    element.classList.toggle("gap", !cell);
    element.classList.toggle("dim", dim);
    element.classList.toggle("pictured", Boolean(clip?.poster));
    mark(element, "data-nth", cell ? cell.nth : null);
    mark(element, "data-state", cell ? cell.state : null);
    mark(element, "data-rating", cell ? rating.rating : null);
    mark(element, "data-verdict", cell ? rating.verdict : null);
    const says = cell ? describe(cell, rating, cells.length - 1) : "no cell";
    mark(element, "aria-label", dim ? `${says}, does not match` : says);
    if (this.caption.textContent !== caption) this.caption.textContent = caption;
    this.rating = rating;
    this.more = cells.length - 1;
    this.drawNotes();
  }

  showClip(clip) {
    if (this.clip?.file === clip?.file && this.clip?.poster === clip?.poster) return;
    this.clip = clip;
    this.broken = "";
    this.stop();
    const poster = isOurs(clip?.poster) ? clip.poster : null;
    mark(this.poster, "src", poster);
    this.poster.classList.toggle("away", !poster);
  }

  // Most changes elsewhere change nothing here.
  drawNotes() {
    const { cell, rating, broken, more, clip } = this;
    const says = JSON.stringify([cell?.nth, cell?.state, cell?.error?.message, broken, more,
      rating.rating, rating.verdict, clip?.file, clip?.missing, cell && progressOf(cell)]);
    if (says === this.says) return;
    this.says = says;
    const notes = [];
    if (cell && (cell.state !== "delivered" || !this.plays())) notes.push(...this.stateNotes());
    if (this.broken)
      notes.push(el("p", { class: "badge broken" }, "✕ does not play", el("br"), this.broken));
    if (this.more > 0)
      notes.push(el("span", { class: "badge more", title: "more cells stand here" }, `+${this.more}`));
    if (rating.rating > 0 || rating.verdict !== "")
      notes.push(
        el("span", { class: "badge rated" }, "★".repeat(rating.rating), verdictOf(rating.verdict)),
      );
    this.notes.replaceChildren(...notes);
    if (this.cancel) this.cancel.hidden = !canCancel(cell);
  }

  plays() {
    return isOurs(this.clip?.file) && !this.clip.missing;
  }

  stateNotes() {
    const { cell } = this;
    const missing = cell.state === "delivered";
    const words = missing ? "the clip is missing" : stateWords(cell.state);
    const notes = [
      el("span", { class: "badge state" }, `${STATE_MARKS[cell.state] ?? "–"} ${words}`),
    ];
    if (cell.error?.message)
      notes.push(el("p", { class: "why", dir: "auto" }, cell.error.message.slice(0, 600)));
    if (cell.state === "running") notes.push(progressBar(progressOf(cell)));
    return notes;
  }

  /** Its clip is loaded and put on the clock; false: no room for more. */
  start() {
    if (this.video || this.broken || !this.plays()) return true;
    const video = el("video", { playsinline: true, preload: "metadata", tabindex: "-1",
      disablepictureinpicture: true, "aria-hidden": "true" });
    video.muted = true;
    if (!attach(video, this.clip.seconds)) return false;
    video.addEventListener("loadeddata", () => video.classList.add("ready"));
    video.addEventListener("error", () => this.fail(video));
    video.src = this.clip.file;
    this.poster.after(video);
    this.video = video;
    return true;
  }

  /** What it has loaded is given back; the poster stays. */
  stop() {
    const { video } = this;
    if (!video) return;
    this.video = null;
    detach(video);
    video.remove();
    giveBack(video);
  }

  fail(video) {
    if (video !== this.video) return; // it was given back
    this.broken = this.clip.file;
    this.stop();
    this.drawNotes();
  }
}

function verdictOf(verdict) {
  if (verdict === "") return null;
  return el("span", { class: verdict }, verdict === "keep" ? "✓ keep" : "✕ reject");
}

function progressBar(share) {
  const bar = el("div", { class: "progress", role: "progressbar", "aria-label": "progress",
    "aria-valuemin": "0", "aria-valuemax": "100" });
  if (share === null) return bar;
  bar.append(el("div", { class: "done" }));
  bar.firstChild.style.width = `${share * 100}%`;
  mark(bar, "aria-valuenow", Math.round(share * 100));
  return bar;
}

// A cell that is looked at more closely: it grows where it stands, over its
// neighbours, towards the middle of the grid.
import { byId } from "#dom";
import { focusedTile } from "#grid";

const HOVER_MS = 600;
const WIDTH = 640; // what a small cell grows to, in CSS pixels
const SMALL = 320; // a cell wider than this is seen well without it

let large = null;
let timer = 0;

// Grown from there, a cell at an edge does not grow out of what is seen.
function origin(inner, outer) {
  const share = (at, from, to) => Math.min(100, Math.max(0, ((at - from) / (to - from)) * 100));
  const x = share(inner.left + inner.width / 2, outer.left, outer.right);
  const y = share(inner.top + inner.height / 2, outer.top, outer.bottom);
  return `${x}% ${y}%`;
}

function grow(element) {
  shrink();
  const [inner, outer] = [element.getBoundingClientRect(), byId("grid").getBoundingClientRect()];
  const most = Math.min(outer.width / inner.width, outer.height / inner.height) * 0.9;
  const scale = Math.max(1.1, Math.min(3, WIDTH / inner.width, most));
  element.style.transformOrigin = origin(inner, outer);
  element.style.setProperty("--larger", scale.toFixed(3));
  element.classList.add("large");
  large = element;
}

function shrink() {
  clearTimeout(timer);
  large?.classList.remove("large");
  large = null;
}

/** The focused cell grows, or is as before. */
export function enlarge() {
  const element = focusedTile()?.element;
  if (!element || element === large) shrink();
  else grow(element);
}

/** Makes what is larger small again; false: nothing was. */
export function reduce() {
  const was = large !== null;
  shrink();
  return was;
}

export function start() {
  const grid = byId("grid");
  // Fingers do not hover; they open the cell.
  grid.addEventListener("pointerover", (event) => {
    const element = event.target.closest(".cell");
    if (element === large) return;
    shrink();
    if (element?.offsetWidth < SMALL && event.pointerType === "mouse")
      timer = setTimeout(() => grow(element), HOVER_MS);
  });
  grid.addEventListener("pointerleave", shrink);
  grid.addEventListener("scroll", shrink, { passive: true });
  grid.addEventListener("pointerdown", shrink);
  grid.addEventListener("focusout", shrink);
}

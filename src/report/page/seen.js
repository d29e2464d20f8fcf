// Which tiles play: those that can be seen, as many as there is room for.
import { byId } from "#dom";
import { onCrowded } from "#player";
import { sliced } from "#slices";

const CALM_MS = 120; // nothing is loaded while the grid rushes by

const tiles = new Set();
let observer = null;
let allowed = true; // nothing plays behind an open dialog
let timer = 0;

function onSeen(entries) {
  for (const entry of entries) entry.target.tile.seen = entry.isIntersecting;
  soon();
}

function soon(again = false) {
  if (timer && !again) return;
  clearTimeout(timer);
  timer = setTimeout(fill, CALM_MS);
}

const byPlace = (a, b) => {
  const [one, two] = [a.element.place, b.element.place];
  return one.r - two.r || one.c - two.c;
};

let starting = []; // the last is the next

const startSome = sliced(() => {
  const tile = starting.pop();
  if (!tile) return false;
  return !tile.seen || !tiles.has(tile) || tile.start();
});

function fill() {
  timer = 0;
  for (const tile of tiles) if (!tile.seen || !allowed) tile.stop();
  starting = allowed ? [...tiles].filter((tile) => tile.seen).sort(byPlace).reverse() : [];
  startSome();
}

// The last in the grid give way, to show their posters again.
onCrowded((room) => {
  const playing = [...tiles].filter((tile) => tile.video).sort(byPlace);
  for (const tile of playing.slice(room)) tile.stop();
});

/** A tile came into the document, or left it. */
export function watch(tile, on) {
  observer ??= new IntersectionObserver(onSeen, { root: byId("grid"), threshold: 0.2 });
  if (on) {
    tiles.add(tile);
    observer.observe(tile.element);
    return;
  }
  tiles.delete(tile);
  observer.unobserve(tile.element);
  tile.stop();
}

/** The grid is being scrolled: what comes into sight waits until it is not. */
export function rushing() {
  soon(true);
}

/** What tiles show has changed; `on`: whether any may play. */
export function watched(on = allowed) {
  const stops = allowed && !on;
  allowed = on;
  if (stops) fill();
  else soon();
}

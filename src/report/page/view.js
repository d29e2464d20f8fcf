// What is looked at: one object, kept in the URL's hash, so that a link, a
// reload and Back lead to the same view.
import { axes, cellOf, onChange } from "#data";
import { format, parse } from "#hash";

const has = (nth) => cellOf(nth) !== undefined;
const read = () => parse(globalThis.location?.hash ?? "", axes, has);

let view = read();
const listeners = new Set();

/** @returns {import("#hash").View} not to be changed: set() is for that */
export function get() {
  return view;
}

/** fn(view, old) after each change. */
export function subscribe(fn) {
  listeners.add(fn);
  return () => listeners.delete(fn);
}

function tell(old) {
  for (const fn of [...listeners]) fn(view, old);
}

function address() {
  const hash = format(view, axes);
  // Without a hash: "#" alone would stay in the address bar.
  return hash ? `#${hash}` : location.pathname + location.search;
}

// What lies over the page: a cell, and over that a comparison.
const depth = (of) => (of.cell !== 0) + (of.compare !== null);

// Going back takes a moment; until then nothing is written into the history.
let leaving = false;
let waiting = false;

function write() {
  if (waiting && !leaving) history.replaceState(history.state, "", address());
  waiting = false;
}

// Browsers refuse an address that changes a hundred times a second, as it would
// under a slider that is dragged.
function later() {
  if (!waiting) setTimeout(write, 150);
  waiting = true;
}

/**
 * What opens over the page is a step of its own in the history, so that Back
 * closes it; closing it here takes that step back.
 * @param {Partial<import("#hash").View>} patch
 */
export function set(patch) {
  const old = view;
  const next = { ...view, ...patch };
  if (depth(next) > depth(old) && !leaving) {
    write();
    view = next;
    history.pushState({ depth: depth(next) }, "", address());
  } else if (!leaving && history.state?.depth > depth(next)) {
    view = next;
    leaving = true;
    history.go(depth(next) - history.state.depth);
  } else {
    view = next;
    later();
  }
  tell(old);
}

function reread() {
  const old = view;
  view = read();
  tell(old);
}

function onPop(event) {
  if (event.state === null) {
    leaving = false;
    reread(); // an address that was typed, or a link
    return;
  }
  if (leaving) {
    leaving = false;
    if (depth(view) > event.state.depth)
      history.pushState({ depth: depth(view) }, "", address());
    else history.replaceState(event.state, "", address());
    return;
  }
  // Back: what was chosen meanwhile, such as the speed, stays.
  const { cell, compare } = read();
  const old = view;
  view = { ...view, cell, compare };
  later();
  tell(old);
}

if (globalThis.history) {
  history.replaceState({ depth: history.state?.depth ?? 0 }, "");
  addEventListener("popstate", onPop);
}
// Other axes: what was chosen by the old ones may be gone.
onChange((change) => {
  if (!change.axes) return;
  write(); // what was chosen a moment ago is not in the address yet
  reread();
});

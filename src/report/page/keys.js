// What each key does: one table, from which the help is made, too. Pure.

/**
 * @typedef {object} Key
 * @property {string[]} keys as KeyboardEvent.key tells them; letters small
 * @property {string} shown how the help spells them
 * @property {string} what
 * @property {string[]} where "page": no dialog is open; else the id of the topmost
 * @property {string} run which action; see actions.js
 * @property {boolean} [repeats] again while it is held down
 */

const PAGE = ["page"];
const CELL = ["page", "cell"];
const COMPARE = ["compare"];
const ALL = ["page", "cell", "compare"];
const EVER = [...ALL, "help", "exported"];

/** @type {Key[]} */
export const table = [
  { keys: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"], shown: "← → ↑ ↓",
    where: CELL, what: "go to the cell beside", run: "move", repeats: true },
  { keys: ["Home", "End"], shown: "Home End", where: PAGE,
    what: "first, last cell of the row", run: "edge" },
  { keys: ["PageUp", "PageDown"], shown: "PgUp PgDn", where: PAGE,
    what: "previous, next page", run: "page", repeats: true },
  { keys: ["Enter"], shown: "Enter", where: PAGE, what: "open the cell's page", run: "open" },
  { keys: ["Escape"], shown: "Esc", where: EVER,
    what: "close what is open, leave a field", run: "leave" },
  { keys: ["e"], shown: "e", where: PAGE, what: "enlarge the cell", run: "enlarge" },
  { keys: [" "], shown: "Space", where: ALL, what: "play, pause", run: "play" },
  { keys: [",", "."], shown: ", .", where: ALL,
    what: "one frame back, forward", run: "step", repeats: true },
  { keys: ["[", "]"], shown: "[ ]", where: ALL, what: "slower, faster", run: "speed" },
  { keys: ["l"], shown: "l", where: ALL, what: "loop, or stop at the end", run: "loop" },
  { keys: ["1", "2", "3", "4", "5"], shown: "1 – 5", where: ALL,
    what: "rate with so many stars", run: "rate" },
  { keys: ["0"], shown: "0", where: ALL, what: "take the stars back", run: "rate" },
  { keys: ["k"], shown: "k", where: ALL, what: "keep", run: "keep" },
  { keys: ["x"], shown: "x", where: ALL, what: "reject", run: "reject" },
  { keys: ["u"], shown: "u", where: ALL, what: "neither keep nor reject", run: "unjudge" },
  { keys: ["n"], shown: "n", where: CELL, what: "write a note", run: "note" },
  { keys: ["m"], shown: "m", where: CELL, what: "mark, to compare another with it", run: "mark" },
  { keys: ["c"], shown: "c", where: CELL,
    what: "compare with the marked cell; without a mark, with the next one", run: "compare" },
  { keys: ["w"], shown: "w", where: COMPARE,
    what: "wipe, difference, side by side", run: "mode" },
  { keys: ["ArrowLeft", "ArrowRight"], shown: "← →", where: COMPARE,
    what: "move the divider; with Shift, further", run: "wipe", repeats: true },
  { keys: ["Home", "End"], shown: "Home End", where: COMPARE,
    what: "all of B, all of A", run: "wipeAll" },
  { keys: ["/"], shown: "/", where: PAGE, what: "find by text", run: "find" },
  { keys: ["g"], shown: "g", where: PAGE,
    what: "other axes for columns and rows", run: "axes" },
  { keys: ["s"], shown: "s", where: CELL, what: "save the ratings to a file", run: "save" },
  { keys: ["?"], shown: "?", where: [...ALL, "help"], what: "these keys", run: "help" },
];

// What a control that has the focus does with a key itself.
const MOVES = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp",
  "PageDown"];
const OWN = {
  range: MOVES,
  checkbox: [" "],
  radio: [" ", ...MOVES],
  button: [" ", "Enter"],
  submit: [" ", "Enter"],
  file: [" ", "Enter"],
};
const PRESSED = ["BUTTON", "A", "SUMMARY", "LABEL"];

/** Is text typed into this element, or a choice by its first letter? */
export function isField(element) {
  if (!element) return false;
  if (element.tagName === "TEXTAREA") return !element.readOnly;
  if (element.tagName === "SELECT" || element.isContentEditable) return true;
  return element.tagName === "INPUT" && !Object.hasOwn(OWN, element.type);
}

function wants(element, key) {
  if (!element) return false;
  if (element.tagName === "INPUT") return OWN[element.type]?.includes(key) ?? true;
  // The native page of a clip, or a text that can be scrolled, have no keys here.
  return PRESSED.includes(element.tagName) && OWN.button.includes(key);
}

// AltGr types characters that other keyboards have without it, such as "[".
function isCommand(event) {
  if (event.metaKey) return true;
  return (event.ctrlKey || event.altKey) && !event.getModifierState?.("AltGraph");
}

/**
 * The row of the table that a key press means, or null where it means nothing
 * to the page: it is then the browser's, or the control's that has the focus.
 * @param {KeyboardEvent} event
 * @param {string} where "page", or the id of the topmost dialog
 * @param {Element} [focus] what has the focus
 */
export function find(event, where, focus = event.target) {
  if (event.defaultPrevented || event.isComposing || isCommand(event)) return null;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key !== "Escape" && (isField(focus) || wants(focus, key))) return null;
  const found = table.find((row) => row.keys.includes(key) && row.where.includes(where));
  return found && (!event.repeat || found.repeats) ? found : null;
}

/** How a button's title tells its key: "Loop (l)". */
export function titled(title, run, key) {
  const row = table.find((one) => one.run === run);
  const shown = key ?? row?.shown;
  return shown ? `${title} (${shown})` : title;
}

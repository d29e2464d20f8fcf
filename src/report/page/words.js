// What the page says of numbers, times and values. Pure, but for the time zone.

/** "1 cell", "2 cells". */
export function plural(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

// At most `digits` behind the point, and no zeros at the end.
function short(number, digits) {
  return String(Number(number.toFixed(digits)));
}

/** Of a price: "25 credits", "0.5 credits". */
export function credits(number) {
  const text = short(number, 3);
  return `${text} ${text === "1" ? "credit" : "credits"}`;
}

/** Of a clip's length in seconds: "5 s". */
export function seconds(number) {
  return `${short(number, 2)} s`;
}

/** How long something took, in milliseconds: "40 ms", "0.4 s", "1 min 20 s", "2 h 5 min". */
export function duration(ms) {
  if (!Number.isFinite(ms)) return "";
  if (ms < 100) return `${Math.round(Math.max(0, ms))} ms`;
  const tenths = Math.round(ms / 100);
  if (tenths < 600) return `${short(tenths / 10, 1)} s`;
  const whole = Math.round(ms / 1000);
  if (whole < 3600) return two(Math.floor(whole / 60), "min", whole % 60, "s");
  const minutes = Math.round(ms / 60000);
  return two(Math.floor(minutes / 60), "h", minutes % 60, "min");
}

function two(large, unit, small, lesser) {
  return small ? `${large} ${unit} ${small} ${lesser}` : `${large} ${unit}`;
}

/** A place in a clip, in seconds: "0:03.25". */
export function clock(at) {
  const hundredths = Math.round(Math.max(0, at || 0) * 100);
  const pad = (number) => String(number).padStart(2, "0");
  const whole = Math.floor(hundredths / 100);
  return `${Math.floor(whole / 60)}:${pad(whole % 60)}.${pad(hundredths % 100)}`;
}

/** Of a file: "123 B", "38 MB". */
export function bytes(number) {
  const units = ["B", "kB", "MB", "GB"];
  let unit = 0;
  // 999.5 would be written as 1000.
  while (number >= 999.5 && unit < units.length - 1) {
    number /= 1000;
    unit += 1;
  }
  return `${short(number, number < 9.95 && unit ? 1 : 0)} ${units[unit]}`;
}

/** A moment, in milliseconds since 1970, where the reader is: "2026-11-22 01:31:05". */
export function time(ms) {
  const at = new Date(ms);
  if (Number.isNaN(at.getTime())) return "";
  const pad = (number) => String(number).padStart(2, "0");
  const day = [at.getFullYear(), pad(at.getMonth() + 1), pad(at.getDate())].join("-");
  return `${day} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(pad).join(":")}`;
}

/** Has it named members, as a map of YAML? */
export function isMap(of) {
  return of !== null && typeof of === "object" && !Array.isArray(of);
}

/** One value of a recipe as a label: text as it is, the rest as JSON spells it. */
export function value(of) {
  if (of === undefined) return "";
  return typeof of === "string" ? of : JSON.stringify(of);
}

/** The same, cut to `max` characters for a place that is small. */
export function brief(of, max = 60) {
  const all = Array.from(value(of).slice(0, 4 * max));
  return all.length > max ? `${all.slice(0, max - 1).join("")}…` : all.join("");
}

/** The text with U+FFFD for half a surrogate pair, as toWellFormed() of newer engines. */
export function wellFormed(text) {
  return text.replace(/[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]/g,
    (found) => (found.length === 2 ? found : "\ufffd"));
}

const STATES = {
  queued: "waiting",
  running: "being made",
  delivered: "delivered",
  failed: "failed",
  cancelled: "cancelled",
  unknown: "outcome unknown",
  unfinished: "not finished",
};

/** How a cell's state is told. */
export function state(name) {
  return Object.hasOwn(STATES, name) ? STATES[name] : String(name);
}

/** What a cell was, in one line: "motion.x 4, motion.r -6, take 2". */
export function point(cell) {
  const axes = Object.entries(cell.axes ?? {}).map(([name, of]) => `${name} ${brief(of, 40)}`);
  return [...axes, `take ${cell.take}`].join(", ");
}

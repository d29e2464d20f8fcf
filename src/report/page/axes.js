// The axes of a run, found in its cells. Pure: no page is needed.

/**
 * @typedef {object} Axis
 * @property {string} name
 * @property {unknown[]} values in order of appearance; undefined: cells that lack it
 * @property {string[]} keys of the values, as keyOf() gives them
 * @property {string[]} columns of a zip group, whose values label this axis
 * @property {(cell: object) => number} at index of the cell's value
 * @property {(i: number) => unknown[]} told values to show for the i-th
 */

/** What tells a value from others: its JSON; "" is a value that is missing. */
function keyOf(value) {
  return value === undefined ? "" : JSON.stringify(value);
}

// Above this share of cells in which a column's value is the one that the zip
// group's number had first, it is a column; an axis of its own has at most half.
const COLUMN_SHARE = 0.75;

function namesOf(cells) {
  const names = new Set();
  for (const cell of cells)
    for (const name of Object.keys(cell.axes)) names.add(name);
  names.delete("take");
  return [...names];
}

// Own properties only: an axis may be called "constructor" or "__proto__".
function valueOf(cell, name) {
  if (name === "take") return cell.take ?? 1;
  return Object.hasOwn(cell.axes, name) ? cell.axes[name] : undefined;
}

function newAxis(name, cells) {
  const index = new Map();
  const values = [];
  for (const cell of cells) {
    const value = valueOf(cell, name);
    const key = keyOf(value);
    if (index.has(key)) continue;
    index.set(key, values.length);
    values.push(value);
  }
  const places = new WeakMap();
  const at = (cell) => {
    let i = places.get(cell);
    if (i === undefined) {
      i = index.get(keyOf(valueOf(cell, name))) ?? -1;
      places.set(cell, i);
    }
    return i;
  };
  const told = (i) => [values[i]];
  return { name, values, keys: [...index.keys()], columns: [], at, told };
}

const isNumbered = (axis) =>
  axis.values.every((v) => Number.isInteger(v) && v >= 1);

// Does the column follow the number, but for a few cells that were included?
function follows(axis, group, cells) {
  const first = new Map();
  let alike = 0;
  for (const cell of cells) {
    const n = group.at(cell);
    if (!first.has(n)) first.set(n, axis.at(cell));
    if (first.get(n) === axis.at(cell)) alike += 1;
  }
  return alike > cells.length * COLUMN_SHARE;
}

// The columns of a zip group stand right behind its number.
function takeColumns(group, behind, cells) {
  const columns = [];
  for (const axis of behind) {
    if (axis.values.length > 1 && !follows(axis, group, cells)) break;
    columns.push(axis);
  }
  while (columns.length > 0 && columns.at(-1).values.length < 2) columns.pop();
  if (columns.length === 0) return 0;

  const samples = [];
  for (const cell of cells) samples[group.at(cell)] ??= cell;
  group.columns = columns.map((axis) => axis.name);
  group.told = (i) => group.columns.map((name) => valueOf(samples[i], name));
  return columns.length;
}

/**
 * @param {object[]} cells
 * @returns {{axes: Axis[], constants: {name: string, value: unknown}[]}}
 */
export function findAxes(cells) {
  const found = namesOf(cells).map((name) => newAxis(name, cells));
  const axes = [];
  const constants = [];
  for (let i = 0; i < found.length; i += 1) {
    const axis = found[i];
    if (axis.values.length < 2) {
      constants.push({ name: axis.name, value: axis.values[0] });
      continue;
    }
    axes.push(axis);
    if (isNumbered(axis)) i += takeColumns(axis, found.slice(i + 1), cells);
  }
  const take = newAxis("take", cells);
  if (take.values.length > 1) {
    sortNumbers(take);
    axes.push(take);
  }
  return { axes, constants };
}

// Takes are counted: their order is known, even where cells are not in it.
function sortNumbers(axis) {
  const order = axis.values.map((v, i) => i);
  order.sort((a, b) => axis.values[a] - axis.values[b]);
  const place = new Map(order.map((from, to) => [from, to]));
  const at = axis.at;
  axis.values = order.map((i) => axis.values[i]);
  axis.keys = order.map((i) => axis.keys[i]);
  axis.at = (cell) => place.get(at(cell));
}

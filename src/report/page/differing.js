// What two cells were made of, and where that differs. Pure.

import { clipOf } from "#layout";
import { isMap } from "#words";

// The purchase of that clip; else the first.
function purchaseOf(cell, clip) {
  return cell.purchases?.[clip?.purchase ?? 0];
}

// Every leaf of a request as [path, value]: {motion: {x: 1}} has "motion.x".
function leaves(of, path = "") {
  if (!isMap(of) || Object.keys(of).length === 0) return path ? [[path, of]] : [];
  return Object.entries(of).flatMap(([name, inner]) =>
    leaves(inner, path ? `${path}.${name}` : name));
}

function fields(cell, output) {
  const purchase = purchaseOf(cell, clipOf(cell, output));
  const all = new Map(Object.entries(cell.axes ?? {}));
  for (const [path, of] of leaves(purchase?.request ?? {})) all.set(path, of);
  for (const name of ["gateway", "route"])
    if (purchase?.[name] !== undefined) all.set(name, purchase[name]);
  return all.set("take", cell.take);
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/**
 * The fields that differ, axes first, in the order in which they stand.
 * @returns {{name: string, a: unknown, b: unknown}[]} undefined: it lacks it
 */
export function differences(a, b, output = "") {
  const [left, right] = [fields(a, output), fields(b, output)];
  return [...new Set([...left.keys(), ...right.keys()])]
    .filter((name) => !same(left.get(name), right.get(name)))
    .map((name) => ({ name, a: left.get(name), b: right.get(name) }));
}

/**
 * The cells that differ from this one in no axis but the take, itself included.
 * @param {import("#axes").Axis[]} axes
 */
export function takesOf(cell, cells, axes) {
  const fixed = axes.filter((axis) => axis.name !== "take");
  return cells.filter((other) => fixed.every((axis) => axis.at(other) === axis.at(cell)))
    .sort((one, other) => one.take - other.take || one.nth - other.nth);
}

/** A name under which a clip is saved: its place in the recipe, without folders. */
export function savedAs(cell, clip) {
  const ending = /\.[a-z0-9]{1,5}$/i.exec(clip.file)?.[0] ?? "";
  const name = (clip.path ?? cell.name).replace(/^out\//, "");
  const stem = ending && name.endsWith(ending) ? name.slice(0, -ending.length) : name;
  return stem.replace(/[/\\]+/g, "-").replace(/[\u0000-\u001f\u007f-\u009f<>:"|?*]/g, "_") + ending;
}

/** Files of the page itself, and nothing else, are loaded or linked. */
export function isOurs(file) {
  return /^(clips|posters)\/[\w.-]+$/.test(file ?? "");
}

// Ratings as a YAML file, and back. Pure. What is read is exactly what is
// written here: the page is no YAML library, `tarmac --only` has one.

import { shell } from "#shell";
import { isMap, wellFormed } from "#words";

const FORMAT = 1;
export const BYTES_MAX = 4 << 20; // as tarmac reads of a file
const DEPTH_MAX = 16;

/**
 * @typedef {{name: string, axes: Object, take: number, rating: number,
 *            verdict: ""|"keep"|"reject", note: string}} Row
 */

// What a YAML file cannot hold, what some readers take for the end of a line,
// and what reorders the text around it.
const UNSAFE = new RegExp(
  "[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u200b-\\u200f\\u2028-\\u202e" +
    "\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\ufffe\\uffff]", "g");

/** A double-quoted scalar; YAML has no way to name half a surrogate pair. */
export function quote(text) {
  const escape = (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`;
  const inner = wellFormed(text).replace(/[\\"]/g, "\\$&").replace(UNSAFE, (found) =>
    found === "\n" ? "\\n" : escape(found));
  return `"${inner}"`;
}

// A value inside of brackets.
function flow(of) {
  if (typeof of === "string") return quote(of);
  if (Array.isArray(of)) return `[${of.map(flow).join(", ")}]`;
  if (of === null || typeof of !== "object") return JSON.stringify(of);
  const pairs = Object.entries(of).map(([key, inner]) => `${quote(key)}: ${flow(inner)}`);
  return `{${pairs.join(", ")}}`;
}

// A comment ends with its line; so it holds no character that could end one.
function comment(text) {
  return wellFormed(text).replace(UNSAFE, "?");
}

/** What to type next; "" where the recipe's file is not known or cannot be typed. */
export function next(recipe) {
  if (!recipe.file || comment(recipe.file) !== recipe.file) return "";
  return `tarmac run ${shell(recipe.file)} --only 'rating >= 4'`;
}

function line(row) {
  const fields = ["name", "axes", "take", "rating", "verdict", "note"];
  return `- {${fields.map((field) => `${field}: ${flow(row[field])}`).join(", ")}}`;
}

/**
 * The whole file.
 * @param {{name: string, file?: string}} recipe
 * @param {Row[]} rows
 * @param {string} day "2026-11-22"
 */
export function write(recipe, rows, day) {
  const then = next(recipe) || "tarmac run RECIPE --ratings THIS-FILE --only 'rating >= 4'";
  return [
    `# Ratings of ${comment(recipe.name)}, ${day}; next: ${then}`,
    `tarmac_ratings: ${FORMAT}`,
    `recipe: ${quote(recipe.name)}`,
    rows.length ? "cells:" : "cells: []",
    ...rows.map(line),
    "",
  ].join("\n");
}

/** "orbit.ratings.yaml", beside the recipe's file. */
export function fileName(recipe) {
  const stem = (recipe.file ?? "").split("/").pop().replace(/\.[^.]*$/, "") || recipe.name;
  return `${stem.replace(/[/\\]/g, "-").replace(UNSAFE, "_")}.ratings.yaml`;
}

// --- and back ---------------------------------------------------------------

// Over one line; every step says what it expects, and throws where it is not so.
class Reader {
  constructor(text, number) {
    this.text = text;
    this.at = 0;
    this.number = number;
  }

  fail() {
    throw new Error(`line ${this.number}, column ${this.at + 1}: not as this page writes it`);
  }

  take(literal) {
    if (!this.text.startsWith(literal, this.at)) this.fail();
    this.at += literal.length;
  }

  takes(literal) {
    const found = this.text.startsWith(literal, this.at);
    if (found) this.at += literal.length;
    return found;
  }

  token(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (!found) this.fail();
    this.at = pattern.lastIndex;
    return JSON.parse(found[0]);
  }

  string() {
    return this.token(/"(?:[^"\\\u0000-\u001f]|\\["\\n]|\\u[0-9a-f]{4})*"/y);
  }

  value(depth) {
    if (depth > DEPTH_MAX) this.fail();
    const first = this.text[this.at];
    if (first === "\"") return this.string();
    if (first === "[") return this.list(depth);
    if (first === "{") return this.map(depth);
    return this.token(/true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:e[+-][0-9]+)?/y);
  }

  list(depth) {
    const items = [];
    this.take("[");
    while (!this.takes("]")) {
      if (items.length) this.take(", ");
      items.push(this.value(depth + 1));
    }
    return items;
  }

  map(depth) {
    const pairs = new Map();
    this.take("{");
    while (!this.takes("}")) {
      if (pairs.size) this.take(", ");
      const key = this.string();
      if (pairs.has(key)) this.fail();
      this.take(": ");
      pairs.set(key, this.value(depth + 1));
    }
    // Own properties, whatever they are called.
    return Object.fromEntries(pairs);
  }

  end() {
    if (this.at !== this.text.length) this.fail();
  }
}

function field(reader, name, allowed) {
  reader.take(`${name}: `);
  const from = reader.at;
  const found = reader.value(0);
  if (allowed(found)) return found;
  reader.at = from;
  return reader.fail();
}

const isText = (of) => typeof of === "string";

function row(reader) {
  const read = {};
  const fields = {
    name: (of) => isText(of) && of !== "",
    axes: isMap,
    take: (of) => Number.isSafeInteger(of) && of >= 1,
    rating: (of) => [0, 1, 2, 3, 4, 5].includes(of),
    verdict: (of) => ["", "keep", "reject"].includes(of),
    note: isText,
  };
  reader.take("- {");
  for (const [index, [name, allowed]] of Object.entries(fields).entries()) {
    if (index) reader.take(", ");
    read[name] = field(reader, name, allowed);
  }
  reader.take("}");
  reader.end();
  return read;
}

// The lines that say something, each with its number.
function spoken(text) {
  return text.replace(/^\ufeff/, "").split(/\r?\n/)
    .map((content, index) => new Reader(content, index + 1))
    .filter((reader) => reader.text !== "" && !reader.text.startsWith("#"));
}

/**
 * The rows of a file as write() makes it.
 * @param {string} text
 * @returns {{recipe: string, rows: Row[]}}
 * @throws {Error} with one line that says where it is not such a file
 */
export function read(text) {
  if (text.length > BYTES_MAX) throw new Error("too long to be ratings of this page");
  const [version, recipe, cells, ...rest] = spoken(text);
  if (!version?.text.startsWith("tarmac_ratings: ") || !recipe || !cells)
    throw new Error("not a file of ratings that this page wrote");
  if (field(version, "tarmac_ratings", Number.isSafeInteger) !== FORMAT)
    throw new Error("ratings of a newer tarmac: open the page that goes with it");
  version.end();
  const name = field(recipe, "recipe", isText);
  recipe.end();
  cells.take(rest.length ? "cells:" : "cells: []");
  cells.end();
  const rows = rest.map(row);
  const names = new Set();
  for (const { name: cell } of rows) {
    if (names.has(cell)) throw new Error(`the cell ${quote(cell)} stands twice in it`);
    names.add(cell);
  }
  return { recipe: name, rows };
}

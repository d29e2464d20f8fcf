// One table says what every key does; no key is taken from the browser, or from
// a field that is typed in.

import assert from "node:assert/strict";
import { test } from "node:test";

import { find, isField, table, titled } from "../../src/report/page/keys.js";

const BODY = { tagName: "BODY" };
const TEXT = { tagName: "INPUT", type: "text" };
const RANGE = { tagName: "INPUT", type: "range" };

function press(key, more = {}, where = "page", focus = BODY) {
  return find({ key, target: focus, ...more }, where, focus)?.run ?? null;
}

test("no key means two things in one place", () => {
  for (const where of ["page", "cell", "compare"]) {
    const keys = table.filter((row) => row.where.includes(where)).flatMap((row) => row.keys);
    assert.deepEqual(keys, [...new Set(keys)]);
  }
});

test("every row can be told in the help", () => {
  for (const row of table) {
    assert.ok(row.keys.length && row.where.length && row.run, row.shown);
    assert.match(row.what, /^[a-z]/);
    assert.ok(row.keys.every((key) => key.length > 1 || key === key.toLowerCase()));
  }
});

test("what the page promises", () => {
  const promised = { ArrowLeft: "move", Enter: "open", " ": "play", ",": "step", "[": "speed",
    l: "loop", 5: "rate", 0: "rate", k: "keep", x: "reject", u: "unjudge", n: "note", m: "mark",
    c: "compare", "/": "find", g: "axes", s: "save", "?": "help", e: "enlarge", PageDown: "page" };
  for (const [key, run] of Object.entries(promised)) assert.equal(press(key), run, key);
  assert.equal(press("K"), "keep");
  assert.equal(press("6"), null);
});

test("a place has its own keys", () => {
  assert.equal(press("w"), null);
  assert.equal(press("w", {}, "compare"), "mode");
  assert.equal(press("Enter", {}, "cell"), null);
  assert.equal(press("k", {}, "help"), null);
});

test("the browser's keys stay its own", () => {
  for (const modifier of ["ctrlKey", "metaKey", "altKey"])
    assert.equal(press("l", { [modifier]: true }), null, modifier);
  assert.equal(press("l", { isComposing: true }), null);
  assert.equal(press("l", { defaultPrevented: true }), null);
});

test("a character behind AltGr is that character", () => {
  const altGr = { ctrlKey: true, altKey: true, getModifierState: (name) => name === "AltGraph" };
  assert.equal(press("[", altGr), "speed");
});

test("who types is left alone, but can leave", () => {
  const fields = [TEXT, { tagName: "TEXTAREA" }, { tagName: "SELECT" },
    { tagName: "INPUT", type: "search" }, { tagName: "DIV", isContentEditable: true }];
  for (const field of fields) {
    assert.ok(isField(field));
    for (const key of ["k", "1", " ", "ArrowLeft", "?", "Enter"])
      assert.equal(press(key, {}, "page", field), null, key);
    assert.equal(press("Escape", {}, "page", field), "leave");
  }
});

test("a control keeps the keys that move or press it", () => {
  assert.equal(press("ArrowLeft", {}, "page", RANGE), null);
  assert.equal(press("End", {}, "page", RANGE), null);
  assert.equal(press("4", {}, "page", RANGE), "rate");
  assert.equal(press(" ", {}, "page", RANGE), "play");
  for (const tagName of ["BUTTON", "SUMMARY", "A"]) {
    assert.equal(press(" ", {}, "page", { tagName }), null);
    assert.equal(press("Enter", {}, "page", { tagName }), null);
    assert.equal(press("k", {}, "page", { tagName }), "keep");
  }
  assert.equal(press(" ", {}, "page", { tagName: "INPUT", type: "checkbox" }), null);
});

test("only what moves goes on while a key is held", () => {
  assert.equal(press("ArrowLeft", { repeat: true }), "move");
  assert.equal(press(".", { repeat: true }), "step");
  assert.equal(press(" ", { repeat: true }), null);
  assert.equal(press("c", { repeat: true }), null);
});

test("a button's title tells its key", () => {
  assert.equal(titled("Loop", "loop"), "Loop (l)");
  assert.equal(titled("Back", "step", ","), "Back (,)");
  assert.equal(titled("None", "nothing"), "None");
});

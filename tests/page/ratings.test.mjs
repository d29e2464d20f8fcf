// The file of ratings: what is written is YAML for everybody, and is read back;
// what is not exactly such a file is refused.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";

import { fileName, next, quote, read, write } from "../../src/report/page/yaml.js";

const ORBIT = { name: "orbit", file: "recipes/orbit.yaml" };

// Each could end its scalar, its line or its row, or is lost on the way.
const HOSTILE = [
  "", " ", "plain", "'", "\"", "\\", "\\\"", "\\ufffd", "\\n", "a\nb", "a\r\nb", "\t", "# no comment",
  "\"}, {name: \"", "- {name: x}", "${x} %d", "</script><!--", "null", "yes", "0x10", "-", "{", "[",
  "\u0000\u0001\u001f\u007f", "\u0085\u2028\u2029\ufeff", "\ufffe\uffff", "é ü 漢字 🎥 👩‍👩‍👧",
  "\u202edlrow\u202c \u200f\u200e\u061c", "\u00ad\u200b", "__proto__", "x".repeat(10000),
];

function rowOf(name, more = {}) {
  return { name, axes: {}, take: 1, rating: 3, verdict: "", note: "", ...more };
}

function again(rows, recipe = ORBIT) {
  return read(write(recipe, rows, "2026-11-22"));
}

describe("written", () => {
  test("one row", () => {
    const row = { name: "orbit/x-4_r-6", axes: { "motion.x": -4, "motion.r": -6 }, take: 1,
      rating: 4, verdict: "keep", note: "the best" };
    assert.equal(write(ORBIT, [row], "2026-11-22"), [
      "# Ratings of orbit, 2026-11-22; next: tarmac run recipes/orbit.yaml --only 'rating >= 4'",
      "tarmac_ratings: 1",
      "recipe: \"orbit\"",
      "cells:",
      "- {name: \"orbit/x-4_r-6\", axes: {\"motion.x\": -4, \"motion.r\": -6}, take: 1, rating: 4, " +
        "verdict: \"keep\", note: \"the best\"}",
      "",
    ].join("\n"));
  });

  test("what cannot stand in YAML, or reorders text, is escaped", () => {
    assert.equal(quote("a\nb\u2028\ufeff\u0085\u202e\u0000"),
      "\"a\\nb\\u2028\\ufeff\\u0085\\u202e\\u0000\"");
    assert.equal(quote("🎥 é"), "\"🎥 é\"");
  });

  test("half a surrogate pair, which YAML cannot name, is replaced", () => {
    assert.equal(quote("\ud800x\udc00🎥"), "\"\ufffdx\ufffd🎥\"");
  });

  test("numbers are spelled as JSON", () => {
    const numbers = [0, -0, -4, 0.1, 1e21, 1e-7, 4294967295];
    const [row] = again([rowOf("a", { axes: { n: numbers } })]).rows;
    assert.deepEqual(row.axes.n, [0, 0, -4, 0.1, 1e21, 1e-7, 4294967295]);
  });

  test("nothing rated", () => {
    assert.match(write(ORBIT, [], "2026-11-22"), /\ncells: \[\]\n$/);
    assert.deepEqual(again([]), { recipe: "orbit", rows: [] });
  });

  test("the comment is one line, and its command is one that can be typed", () => {
    const evil = { name: "a\nrecipe: \"b\"\u2028\u202e", file: "it's; rm -rf\n.yaml" };
    const text = write(evil, [], "2026-11-22");
    assert.match(text, /^# Ratings of a\?recipe: "b"\?\?, 2026-11-22; next: tarmac run RECIPE /);
    assert.equal(read(text).recipe, evil.name);
    assert.equal(next({ file: "it's o'rm.yaml" }),
      "tarmac run 'it'\\''s o'\\''rm.yaml' --only 'rating >= 4'");
  });

  test("its name is the recipe's file's", () => {
    assert.equal(fileName(ORBIT), "orbit.ratings.yaml");
    assert.equal(fileName({ name: "of/a\nb" }), "of-a_b.ratings.yaml");
    assert.equal(fileName({ name: "o", file: "a.b.yaml" }), "a.b.ratings.yaml");
  });
});

describe("read back", () => {
  test("every hostile text, wherever it stands", () => {
    const rows = HOSTILE.slice(1).map((text, i) => rowOf(`${i}${text}`, {
      axes: { [text]: text, more: [text, { [text]: null }], yes: true }, note: text,
      take: i + 1, rating: i % 6, verdict: ["", "keep", "reject"][i % 3] }));
    assert.deepEqual(again(rows, { name: HOSTILE.join("") }),
      { recipe: HOSTILE.join(""), rows });
  });

  // A reader that nobody here wrote; PyYAML comes with Debian's selenium and pytest.
  test("by Python's yaml, too", (t) => {
    const rows = HOSTILE.slice(1).map((text) => rowOf(`n${text}`, { note: text, axes: { a: text } }));
    const script = "import json, sys\ntry: import yaml\nexcept ImportError: sys.exit(77)\n" +
      "json.dump(yaml.safe_load(sys.stdin.buffer.read().decode()), sys.stdout)";
    const python = spawnSync("/usr/bin/python3", ["-c", script],
      { input: write(ORBIT, rows, "2026-11-22") });
    if (python.status === 77 || python.error) return t.skip("no python3-yaml");
    assert.equal(python.status, 0, String(python.stderr));
    assert.deepEqual(JSON.parse(python.stdout).cells, rows);
  });

  test("with other line ends, comments and a mark of byte order", () => {
    const text = `\ufeff${write(ORBIT, [rowOf("a")], "2026-11-22")}# mine\n`;
    assert.equal(read(text.replaceAll("\n", "\r\n")).rows.length, 1);
  });

  test("an axis called __proto__ is an axis", () => {
    const axes = JSON.parse("{\"__proto__\": 1}");
    assert.deepEqual(again([rowOf("a", { axes })]).rows[0].axes, axes);
    assert.equal({}.polluted, undefined);
  });
});

describe("refused with one line", () => {
  const good = write(ORBIT, [rowOf("a"), rowOf("b")], "2026-11-22");
  const changed = {
    "an empty file": "",
    "other YAML": "tarmac: 1\nname: orbit\nsweep: {}\n",
    "a newer format": good.replace("ratings: 1", "ratings: 2"),
    "a rating of 6": good.replace("rating: 3", "rating: 6"),
    "half a star": good.replace("rating: 3", "rating: 3.5"),
    "a rating in words": good.replace("rating: 3", "rating: \"3\""),
    "another verdict": good.replace("verdict: \"\"", "verdict: \"kept\""),
    "take 0": good.replace("take: 1", "take: 0"),
    "axes that are a list": good.replace("axes: {}", "axes: []"),
    "a key twice": good.replace("axes: {}", "axes: {\"a\": 1, \"a\": 2}"),
    "a cell twice": good.replace("\"b\"", "\"a\""),
    "a name that is empty": good.replace("\"a\"", "\"\""),
    "a missing field": good.replace("take: 1, ", ""),
    "a further field": good.replace("{name", "{more: 1, name"),
    "text behind": good.replace("note: \"\"}", "note: \"\"} x"),
    "an anchor": good.replace("axes: {}", "axes: &a {}"),
    "a tag": good.replace("axes: {}", "axes: !!map {}"),
    "an unclosed text": good.replace("\"a\"", "\"a"),
    "an octal number": good.replace("take: 1", "take: 01"),
    "too deep": good.replace("axes: {}", `axes: {"a": ${"[".repeat(99)}${"]".repeat(99)}}`),
    "too long": good + "#".repeat(5 << 20),
  };
  for (const [what, text] of Object.entries(changed)) {
    test(what, () => {
      assert.notEqual(text, good);
      assert.throws(() => read(text), (error) => error.constructor === Error &&
        !error.message.includes("\n") && error.message.length < 200);
    });
  }

  test("it says where", () => {
    assert.throws(() => read(changed["a rating of 6"]), /^Error: line 5, column 42: not as /);
  });
});

// Ratings as the browser keeps them: under the recipe's name, by the cell's;
// whatever else stands there, and where nothing can be kept.

import assert from "node:assert/strict";
import { before, beforeEach, describe, test } from "node:test";

import { cells } from "../../src/report/page/data.js";

const PLACE = "tarmac.ratings."; // of a recipe without a name, as Node has it
const A = { name: "a", axes: { x: 1 }, take: 2 };
const B = { name: "b", axes: {}, take: 1 };

let kept; // what the browser's store holds
let full = false;
let fire; // type → what listens for it
let ratings;

globalThis.localStorage = {
  getItem: (key) => kept.get(key) ?? null,
  setItem: (key, text) => {
    if (full) throw new Error("full");
    kept.set(key, text);
  },
};

// Each as a page that was opened anew.
let opened = 0;
async function open() {
  fire = new Map();
  globalThis.addEventListener = (type, fn) => fire.set(type, fn);
  opened += 1;
  return import(`../../src/report/page/ratings.js?${opened}`);
}

function stored() {
  return JSON.parse(kept.get(PLACE) ?? "[]");
}

describe("kept", () => {
  before(() => {
    kept = new Map();
  });

  beforeEach(async () => {
    kept.clear();
    full = false;
    ratings = await open();
  });

  test("what was rated is there when the page is opened again", async () => {
    ratings.set(A, { rating: 4 });
    ratings.set(A, { verdict: "keep", note: "n" });
    fire.get("pagehide")();
    const again = await open();
    const { rating, verdict, note } = again.get(A);
    assert.deepEqual({ rating, verdict, note }, { rating: 4, verdict: "keep", note: "n" });
    assert.deepEqual(again.get(B), { rating: 0, verdict: "", note: "" });
    assert.match(again.exportText(), /\n- \{name: "a", axes: \{"x": 1\}, take: 2, rating: 4, verd/);
  });

  test("what is taken back is gone", () => {
    ratings.set(A, { rating: 4 });
    fire.get("pagehide")();
    assert.equal(stored().length, 1);
    ratings.set(A, { rating: 0 });
    fire.get("pagehide")();
    assert.deepEqual(stored(), []);
    assert.equal(ratings.exported(), 0);
  });

  test("another tab's ratings are not written over", () => {
    ratings.set(B, { rating: 1 });
    fire.get("pagehide")();
    ratings.set(A, { rating: 4 });
    kept.set(PLACE, JSON.stringify([["b", { rating: 2, verdict: "", note: "", axes: {}, take: 1 }]]));
    fire.get("pagehide")();
    assert.deepEqual(stored().map(([name]) => name), ["b", "a"]);
    assert.equal(ratings.get(B).rating, 2);
  });

  test("another tab's ratings are shown, and those here not lost", () => {
    const told = [];
    ratings.onChange((cell) => told.push(cell));
    ratings.set(A, { rating: 4 });
    kept.set(PLACE, JSON.stringify([["b", { rating: 2, verdict: "", note: "", axes: {}, take: 1 }]]));
    fire.get("storage")({ key: PLACE });
    assert.equal(ratings.get(B).rating, 2);
    assert.equal(ratings.get(A).rating, 4);
    assert.deepEqual(told, [A, undefined]);
  });

  test("what is no rating is none", async () => {
    const row = { rating: 3, verdict: "", note: "", axes: {}, take: 1 };
    for (const bad of ["", "{", "null", "{}", "[1]", "[[1, 2]]", "[[\"a\", null]]"]) {
      kept.set(PLACE, bad);
      assert.equal((await open()).get(A).rating, 0, bad);
    }
    for (const wrong of [{ rating: 9 }, { rating: "3" }, { verdict: "x" }, { note: 1 }, { axes: null },
      { take: "1" }]) {
      kept.set(PLACE, JSON.stringify([["a", { ...row, ...wrong }], ["b", row]]));
      const page = await open();
      assert.equal(page.get(A).rating, 0, JSON.stringify(wrong));
      assert.equal(page.get(B).rating, 3);
    }
    kept.set(PLACE, JSON.stringify([null, 1, {}, ["b", row]]));
    assert.equal((await open()).get(B).rating, 3);
  });

  test("where there is no room it goes on, and says so", () => {
    full = true;
    ratings.set(A, { rating: 4 });
    assert.ok(ratings.isKept());
    fire.get("pagehide")();
    assert.ok(!ratings.isKept());
    assert.equal(ratings.get(A).rating, 4);
  });

  test("a cell of this page is written with the axes that it has here", () => {
    cells.push(A);
    ratings.set({ ...A, axes: { old: 1 }, take: 1 }, { rating: 4 });
    ratings.set(B, { rating: 1, note: "n".repeat(ratings.NOTE_MAX + 1) });
    assert.match(ratings.exportText(), /name: "a", axes: \{"x": 1\}, take: 2, rating: 4,.*\n.*"b", axes: \{\}/);
    assert.equal(ratings.get(B).note.length, ratings.NOTE_MAX);
    cells.pop();
  });

  test("a file is taken whole or not at all", () => {
    ratings.set(B, { rating: 1 });
    const good = ratings.exportText().replace("name: \"b\"", "name: \"a\"");
    assert.equal(ratings.importText(good), 1);
    assert.equal(ratings.get(A).rating, 1);
    assert.equal(ratings.get(B).rating, 1);
    const half = good.replace("rating: 1", "rating: 5") + "- {name: \"c\"}\n";
    assert.throws(() => ratings.importText(half), /^Error: line 6/);
    assert.equal(ratings.get(A).rating, 1);
    assert.throws(() => ratings.importText(good.replace("recipe: \"\"", "recipe: \"other\"")),
      /ratings of “other”/);
  });
});

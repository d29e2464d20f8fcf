// What two cells differ in, which takes belong together, and what a clip is
// called when it is saved.

import assert from "node:assert/strict";
import { test } from "node:test";

import { findAxes } from "../../src/report/page/axes.js";
import { differences, isOurs, savedAs, takesOf } from "../../src/report/page/differing.js";

function cell(axes, request, more = {}) {
  return { nth: 1, name: "a", take: 1, axes, clips: [],
    purchases: [{ gateway: "local", route: "generate", request }], ...more };
}

function differ(a, b) {
  return differences(a, b).map(({ name, a: one, b: other }) => [name, one, other]);
}

test("axes and fields that differ, each once, and nothing else", () => {
  const a = cell({ "motion.x": -4, style: "s" }, { prompt: "p", motion: { x: -4, y: 0 }, seed: 1 });
  const b = cell({ "motion.x": 4, style: "s" }, { prompt: "q", motion: { x: 4, y: 0 } });
  assert.deepEqual(differ(a, b), [["motion.x", -4, 4], ["prompt", "p", "q"], ["seed", 1, undefined]]);
  assert.deepEqual(differ(a, a), []);
});

test("the take, the gateway and the route count", () => {
  const a = cell({}, { prompt: "p" });
  const b = cell({}, { prompt: "p" }, { take: 2 });
  b.purchases[0].gateway = "other";
  assert.deepEqual(differ(a, b), [["gateway", "local", "other"], ["take", 1, 2]]);
});

test("lists differ as a whole, empty maps are values", () => {
  const a = cell({}, { images: [{ x: 1 }], motion: {} });
  const b = cell({}, { images: [{ x: 2 }], motion: { x: 1 } });
  assert.deepEqual(differ(a, b).map(([name]) => name), ["images", "motion", "motion.x"]);
});

test("of several clips, those of the output that is looked at", () => {
  const both = (seed) => ({ nth: 1, name: "a", take: 1, axes: {},
    clips: [{ output: "wide", purchase: 0 }, { output: "tall", purchase: 1 }],
    purchases: [{ request: { seed: 1 } }, { request: { seed } }] });
  assert.deepEqual(differences(both(1), both(2), "wide"), []);
  assert.deepEqual(differences(both(1), both(2), "tall"), [{ name: "seed", a: 1, b: 2 }]);
});

test("a cell that was never asked for can be compared", () => {
  assert.deepEqual(differ({ name: "a", take: 1, axes: { x: 1 }, purchases: [] },
    { name: "b", take: 1, axes: { x: 2 }, purchases: [] }), [["x", 1, 2]]);
});

test("takes of one point, in their order", () => {
  const all = [[1, 2], [2, 1], [1, 1], [2, 2]].map(([x, take], i) =>
    cell({ x }, {}, { take, nth: i + 1 }));
  const { axes } = findAxes(all);
  assert.deepEqual(takesOf(all[0], all, axes).map(({ nth }) => nth), [3, 1]);
});

test("a clip's name has no folders and nothing that a file system refuses", () => {
  const saved = (path, file = "clips/0f.mp4") => savedAs({ name: "c" }, { path, file });
  assert.equal(saved("out/orbit/x-4_r-6.mp4"), "orbit-x-4_r-6.mp4");
  assert.equal(saved(undefined), "c.mp4");
  assert.equal(saved("out/a:b?\n.mp4"), "a_b__.mp4");
});

test("only files of the page are linked", () => {
  for (const good of ["clips/0f3a.mp4", "posters/0f3a.jpg"]) assert.ok(isOurs(good), good);
  for (const bad of ["javascript:alert(1)", "/etc/passwd", "../clips/a", "clips/../a", "http://x/clips/a",
    "clips/a/b", "", undefined]) assert.ok(!isOurs(bad), bad);
});

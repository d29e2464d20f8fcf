// Axes found in cells, and where each cell then stands.

import assert from "node:assert/strict";
import { test } from "node:test";

import { findAxes } from "../../src/report/page/axes.js";
import { labelOf } from "../../src/report/page/data.js";
import { anchored, measure, reveal, seen, top, whole } from "../../src/report/page/geometry.js";
import { usual } from "../../src/report/page/hash.js";
import { clipOf, cycled, lay, outputsOf, place, shapeOf } from "../../src/report/page/layout.js";

function cell(nth, axes, more = {}) {
  return { nth, name: `r/${nth}`, take: 1, axes, state: "delivered", clips: [], purchases: [], ...more };
}

function grid(axes, takes = 1) {
  let points = [{}];
  for (const [name, values] of Object.entries(axes))
    points = points.flatMap((point) => values.map((value) => ({ ...point, [name]: value })));
  const cells = [];
  for (const point of points)
    for (let take = 1; take <= takes; take += 1)
      cells.push(cell(cells.length + 1, point, { take }));
  return cells;
}

const unrated = () => ({ rating: 0, verdict: "", note: "" });
const names = (axes) => axes.map((axis) => axis.name);
const nths = (cells) => cells.map(({ nth }) => nth);

test("axes are what has more than one value; take is the last", () => {
  const { axes, constants } = findAxes(grid({ b: [1, 2], one: ["x"], a: [null, true, { z: 1 }] }, 2));
  assert.deepEqual(names(axes), ["b", "a", "take"]);
  assert.deepEqual(constants, [{ name: "one", value: "x" }]);
  assert.deepEqual(axes[1].values, [null, true, { z: 1 }]);
});

test("a number and its text are two values", () => {
  const { axes } = findAxes(grid({ a: [4, "4", "null", null] }));
  assert.equal(axes[0].values.length, 4);
});

test("the columns of a zip group label its number", () => {
  const rows = [["pier", 11], ["cliff", 12], ["bay", 11]];
  const cells = rows.flatMap(([prompt, seed], i) =>
    [1, 2].map((x) => cell(i * 2 + x, { shot: i + 1, prompt, seed, x })));
  const { axes } = findAxes(cells);
  assert.deepEqual(names(axes), ["shot", "x"]);
  assert.deepEqual(axes[0].columns, ["prompt", "seed"]);
  assert.deepEqual(axes[0].told(2), ["bay", 11]);
});

test("a cell that was included with other columns stands on the same place", () => {
  const cells = grid({ shot: [1, 2, 3, 4, 5] });
  for (const one of cells) one.axes.prompt = `p${one.axes.shot}`;
  cells.push(cell(6, { shot: 2, prompt: "other" }));
  const { axes } = findAxes(cells);
  assert.deepEqual(names(axes), ["shot"]);
  const laid = lay(axes, cells, usual(axes), unrated);
  assert.deepEqual(nths(laid.items[1]), [2, 6]);
});

test("axes of numbers beside others stay axes of their own", () => {
  assert.deepEqual(names(findAxes(grid({ steps: [1, 2, 3], style: ["a", "b"] })).axes), ["steps", "style"]);
});

test("no value is without a label, and no two have the same", () => {
  const values = ["", undefined, null, "null", -1.5, "-1.5", "1e9", "16:9"];
  const { axes } = findAxes(values.map((x, i) => cell(i + 1, x === undefined ? {} : { x })));
  assert.deepEqual(values.map((v, i) => labelOf(axes[0], i, String)),
    ['""', "–", "null", '"null"', "-1.5", '"-1.5"', '"1e9"', "16:9"]);
});

test("axes may be called as anything", () => {
  const cells = [1, 2].map((v) => cell(v, JSON.parse(`{"__proto__": ${v}, "constructor": ${v + 5}}`)));
  const { axes } = findAxes([...cells, cell(3, {})]);
  assert.deepEqual(names(axes), ["__proto__", "constructor"]);
  assert.equal(axes[0].at(cells[1]), 1);
  assert.equal(axes[1].values[2], undefined, "a cell without it has a place, too");
});

test("columns are the longest axis that fits, and never takes", () => {
  const chosen = (axes, takes) => {
    const { cols, rows } = usual(findAxes(grid(axes, takes)).axes);
    return [cols, rows];
  };
  const many = Array.from({ length: 20 }, (v, i) => i);
  assert.deepEqual(chosen({ a: [1, 2], b: [1, 2, 3], c: many }), ["b", "c"]);
  assert.deepEqual(chosen({ a: many }, 2), ["a", "take"]);
  assert.deepEqual(chosen({}, 3), ["take", ""]);
  assert.deepEqual(chosen({}), ["", ""]);
});

test("columns, rows, a page and a slider choose the cells that are seen", () => {
  const cells = grid({ x: [0, 1], y: [0, 1], z: [0, 1], w: [0, 1] });
  const { axes } = findAxes(cells);
  const view = { ...usual(axes), cols: "x", rows: "w", page: "y", at: new Map([["y", 1], ["z", 9]]) };
  const laid = lay(axes, cells, view, unrated);
  assert.equal(laid.kind, "grid");
  assert.deepEqual(names(laid.sliders), ["z"]);
  const found = laid.at(1, 0)[0];
  assert.deepEqual(found.axes, { x: 0, y: 1, z: 0, w: 1 });
  assert.deepEqual(laid.at(0, 7), []);
});

test("without rows a strip, without axes the cells themselves", () => {
  const cells = grid({ x: [0, 1, 2] });
  const { axes } = findAxes(cells);
  assert.equal(lay(axes, cells, usual(axes), unrated).kind, "strip");
  const none = lay(axes, cells, { ...usual(axes), cols: "" }, unrated);
  assert.deepEqual([none.kind, none.items.map(nths)], ["single", [[1]]]);
  const two = [cell(1, {}), cell(2, {})];
  assert.deepEqual(lay([], two, usual([]), unrated).items.map(nths), [[1], [2]]);
});

test("what matches", () => {
  const cells = grid({ x: ["a", "b", "c"] });
  cells[1].state = "failed";
  cells[1].error = { kind: "moderation", message: "Refused: a Person" };
  cells[2].purchases = [{ request: { prompt: "A lighthouse" } }, {}];
  const { axes } = findAxes(cells);
  const rated = ({ nth }) => ({ rating: nth, verdict: nth === 1 ? "keep" : "", note: "" });
  const match = (patch) => nths([...lay(axes, cells, { ...usual(axes), ...patch }, rated).matches]);
  assert.deepEqual(match({}), [1, 2, 3]);
  assert.deepEqual(match({ state: ["failed"] }), [2]);
  assert.deepEqual(match({ min: 2 }), [2, 3]);
  assert.deepEqual(match({ verdict: "keep" }), [1]);
  assert.deepEqual(match({ verdict: "none" }), [2, 3]);
  assert.deepEqual(match({ text: "  LIGHTHOUSE a " }), [3]);
  assert.deepEqual(match({ text: "person" }), [2]);
  assert.deepEqual(match({ only: new Map([["x", new Set([0, 2])]]), min: 2 }), [3]);
  const list = lay(axes, cells, { ...usual(axes), min: 2, matching: true }, rated);
  assert.deepEqual([list.kind, list.items.map(nths)], ["list", [[2], [3]]]);
});

test("an axis that stands elsewhere changes places", () => {
  const { axes } = findAxes(grid({ x: [0, 1], y: [0, 1], z: [0, 1] }));
  const view = { ...usual(axes), cols: "x", rows: "y", page: "z" };
  assert.deepEqual(place(view, "rows", "x"), { rows: "x", cols: "y" });
  assert.deepEqual(place(view, "page", ""), { page: "" });
  const next = { ...view, ...cycled(axes, view) };
  assert.deepEqual([next.cols, next.rows, next.page], ["y", "z", ""]);
});

test("outputs of a cell, by name", () => {
  const clips = [{ output: "wide", width: 16, height: 9 }, { output: "tall", width: 9, height: 16 }, { extra: true }];
  const cells = [cell(1, {}, { clips }), cell(2, {})];
  assert.deepEqual(outputsOf(cells), ["wide", "tall", "(others)"]);
  assert.equal(clipOf(cells[0], "tall"), clips[1]);
  assert.equal(clipOf(cells[0], "gone"), clips[0]);
  assert.equal(clipOf(cells[1], ""), undefined);
  assert.equal(shapeOf(cells, "tall"), 9 / 16);
  assert.equal(shapeOf([cell(1, {})], ""), 16 / 9);
});

test("only what is near is drawn, and a cell is scrolled to no farther than needed", () => {
  const room = { width: 1000, height: 800 };
  const labels = { columns: ["a", "b"], rows: Array.from({ length: 1000 }, (v, i) => String(i)) };
  const g = measure({ kind: "grid", items: [] }, labels, { columns: "x", rows: "y" }, { size: 320, shape: 16 / 9 }, room);
  assert.equal(g.width, 320);
  assert.equal(g.height, 180);
  assert.equal(whole(g).height, top(g, 1000));
  const { rows, columns } = seen(g, { left: 0, top: top(g, 500) }, room);
  assert.ok(rows[0] >= 498 && rows[0] <= 500 && rows[1] >= 505 && rows[1] <= 508);
  assert.deepEqual(columns, [0, 2]);
  const at = reveal(g, 500, 0, { left: 0, top: 0 }, room);
  assert.equal(at.top + room.height, top(g, 501));
  assert.deepEqual(reveal(g, 500, 0, at, room), at);
});

test("without a wish the width is used, and few rows are seen whole", () => {
  const room = { width: 1400, height: 780 };
  const names = { columns: "x", rows: "y" };
  const of = (columns, rows, size = room) => {
    const list = (n) => Array.from({ length: n }, (v, i) => String(i));
    return measure({ kind: "grid", items: [] }, { columns: list(columns), rows: list(rows) }, names,
      { size: 0, shape: 16 / 9 }, size);
  };
  assert.ok(whole(of(3, 27)).width > 1390, "three columns, many rows");
  assert.ok(whole(of(3, 3)).height <= room.height);
  assert.ok(whole(of(2, 3)).height <= room.height);
  assert.ok(2 * of(1, 9).height < room.height, "not one cell as large as the screen");
  assert.ok(whole(of(3, 3, { width: 3840, height: 2000 })).width > 2900);
  assert.equal(of(60, 60).width, 80);
});

test("cells of another size: the one at the top stays there", () => {
  const room = { width: 1000, height: 800 };
  const labels = { columns: ["a", "b"], rows: Array.from({ length: 100 }, (v, i) => String(i)) };
  const of = (layout, size) => measure(layout, labels, { columns: "x", rows: "y" }, { size, shape: 2 }, room);
  const grids = [200, 100].map((size) => of({ kind: "grid", items: [] }, size));
  const to = anchored(grids[0], grids[1], { left: 0, top: 10 * 106 });
  assert.deepEqual(to, { left: 0, top: 10 * 56 });
  const items = Array.from({ length: 100 }, () => []);
  const strips = [240, 480].map((size) => of({ kind: "strip", items }, size));
  assert.deepEqual(strips.map((g) => g.columns), [4, 2]);
  const there = anchored(strips[0], strips[1], { left: 0, top: 5 * (strips[0].height + 6) });
  assert.equal(there.top, 10 * (strips[1].height + 6));
});

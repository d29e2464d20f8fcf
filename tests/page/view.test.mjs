// The view in the URL: read back as it was written, whatever axes are called,
// and nothing in an address can break it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { findAxes } from "../../src/report/page/axes.js";
import { format, parse, usual } from "../../src/report/page/hash.js";

function axesOf(columns) {
  const cells = [];
  const all = Object.values(columns).reduce((n, list) => n * list.length, 1);
  for (let i = 0; i < all; i += 1) {
    const axes = {};
    let rest = i;
    for (const [name, list] of Object.entries(columns)) {
      axes[name] = list[rest % list.length];
      rest = Math.floor(rest / list.length);
    }
    cells.push({ nth: i + 1, take: 1, axes, clips: [], purchases: [] });
  }
  return findAxes(cells).axes;
}

const plain = axesOf({ "motion.x": [-4, 0, 4], "motion.r": [-6, 6] });

test("what is as usual is not said", () => {
  assert.equal(format(usual(plain), plain), "");
  assert.deepEqual(parse("", plain), usual(plain));
});

test("it can be read", () => {
  const view = { ...usual(plain), cols: "motion.r", rows: "", at: new Map([["motion.x", 2]]),
    only: new Map([["motion.x", new Set([0, 2])]]), state: ["failed", "unknown"], min: 3, cell: 7,
    compare: [7, 9], mode: "difference", speed: 0.5, size: 240, text: "a pier/at dusk", loop: false,
    matching: true };
  const hash = format(view, plain);
  assert.equal(hash, "cols=motion.r&rows=&text=a+pier/at+dusk&mode=difference" +
    "&at.motion.x=4&only.motion.x=-4,4&state=failed,unknown&min=3&cell=7&speed=0.5&size=240" +
    "&compare=7,9&matching=1&loop=0");
  assert.deepEqual(parse(`#${hash}`, plain), view);
});

test("axes and values that are called as the page's own keys, or as worse", () => {
  const values = ["cell", "4", 4, null, "null", "~1", "a,b", "a&b=c", "100%", "ä🎬", "\u202e", "\ud800",
    "x".repeat(10000), { a: [1] }, [1], true, "+", " ", ""];
  const axes = axesOf({ size: values, cell: values, "at.size": [1, 3], "__proto__x": [1, 2], "a&b=c#": ["x", "y"] });
  assert.equal(axes.length, 5);
  for (const axis of axes)
    for (let i = 1; i < axis.values.length; i += 1) {
      const view = { ...usual(axes), cols: axis.name, rows: "", at: new Map([[axis.name, i]]),
        only: new Map([[axis.name, new Set([i, 0])]]) };
      const hash = format(view, axes);
      assert.ok(hash.length < 700, hash);
      assert.deepEqual(parse(hash, axes), view, hash);
    }
});

test("an axis that is chosen leaves where it usually stands", () => {
  assert.deepEqual([usual(plain).cols, usual(plain).rows], ["motion.x", "motion.r"]);
  const view = parse("cols=motion.r", plain);
  assert.deepEqual([view.cols, view.rows], ["motion.r", ""]);
  assert.equal(parse("page=motion.x", plain).cols, "");
  const twice = parse("cols=motion.r&rows=motion.r&page=motion.r", plain);
  assert.deepEqual([twice.cols, twice.rows, twice.page], ["motion.r", "", ""]);
});

test("what is wrong is ignored", () => {
  const has = (nth) => nth <= 6;
  for (const hash of ["cols=nope", "cell=7", "cell=-1", "cell=1e3", "compare=1", "compare=1,2,3", "compare=1,7",
    "size=7", "size=99999", "speed=0", "speed=Infinity", "min=6", "state=failed,bad", "verdict=maybe", "mode=x",
    "at.motion.x=5", "at.motion.x=~9", "at.nope=1", "only.motion.x=", "toString=1", "__proto__=1",
    "%E0%A4%A=1", "text=%E0%A4%A", "&&==&=", "constructor.name=1", "matching=yes", "loop=2"])
    assert.deepEqual(parse(`#${hash}`, plain, has), usual(plain), hash);
});

// Numbers, times and values as the page tells them.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as words from "../../src/report/page/words.js";

function spelled(word, rows) {
  for (const [given, expected] of rows) assert.equal(word(given), expected, `of ${given}`);
}

test("credits", () => {
  spelled(words.credits, [[0, "0 credits"], [1, "1 credit"], [25, "25 credits"],
    [0.5, "0.5 credits"], [0.1 + 0.2, "0.3 credits"], [1.0001, "1 credit"]]);
});

test("durations change their unit where the number would be long", () => {
  spelled(words.duration, [[0, "0 ms"], [-5, "0 ms"], [49, "49 ms"], [100, "0.1 s"], [450, "0.5 s"], [12345, "12.3 s"],
    [59949, "59.9 s"], [59950, "1 min"], [80000, "1 min 20 s"], [3599499, "59 min 59 s"],
    [3600000, "1 h"], [7500000, "2 h 5 min"], [undefined, ""], [NaN, ""]]);
});

test("a place in a clip", () => {
  spelled(words.clock, [[0, "0:00.00"], [3.25, "0:03.25"], [59.999, "1:00.00"], [61.5, "1:01.50"],
    [NaN, "0:00.00"], [-1, "0:00.00"]]);
});

test("bytes", () => {
  spelled(words.bytes, [[0, "0 B"], [999, "999 B"], [1000, "1 kB"], [1234, "1.2 kB"],
    [9960, "10 kB"], [999499, "999 kB"], [999500, "1 MB"], [38e6, "38 MB"], [5e12, "5000 GB"]]);
});

test("values are told as a recipe spells them", () => {
  spelled(words.value, [[-4, "-4"], [0.1, "0.1"], ["a b", "a b"], ["", ""], [true, "true"],
    [null, "null"], [[1, "x"], "[1,\"x\"]"], [{ x: 1 }, "{\"x\":1}"], [undefined, ""]]);
});

test("a long value is cut between characters", () => {
  assert.equal(words.brief("🎥".repeat(9), 4), "🎥🎥🎥…");
  assert.equal(words.brief("🎥".repeat(4), 4), "🎥🎥🎥🎥");
  assert.equal(words.brief("x".repeat(10000)).length, 60);
});

test("a state that is not known is told as it is", () => {
  assert.equal(words.state("unfinished"), "not finished");
  assert.equal(words.state("constructor"), "constructor");
});

test("a moment, and none", () => {
  assert.match(words.time(1763770000000), /^2025-11-2\d \d\d:\d\d:\d\d$/);
  assert.equal(words.time(undefined), "");
});

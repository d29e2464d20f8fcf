// The clock that keeps clips together: its arithmetic, and the whole of it with
// clips that start late, seek slowly and run too fast or too slow.

import assert from "node:assert/strict";
import { test } from "node:test";

import { correct, position, stepped } from "../../src/report/page/drift.js";

const going = (at, speed = 1) => ({ at, playing: true, speed });
const standing = (at) => ({ at, playing: false, speed: 1 });
const clip = (at, more = {}) => ({ at, duration: 5, seeking: false, lag: 0, ...more });

test("the clock goes, loops, and stops at the end", () => {
  assert.deepEqual(position(1, 2, 0.5, 5, true), { at: 2, wrapped: false });
  assert.deepEqual(position(4, 2, 1, 5, true), { at: 1, wrapped: true });
  assert.deepEqual(position(4, 2, 1, 5, false), { at: 5, wrapped: false });
  assert.deepEqual(position(3, 9, 1, 0, true), { at: 0, wrapped: false });
});

test("a clip that is close is left alone", () => {
  assert.deepEqual(correct(going(2), clip(2.01)), { play: true, rate: 1, seek: null });
});

test("a clip that is near is caught up with, in its own direction", () => {
  const late = correct(going(2), clip(1.9));
  assert.equal(late.seek, null);
  assert.ok(late.rate > 1.1 && late.rate <= 1.4);
  const early = correct(going(2, 0.5), clip(2.1));
  assert.equal(early.seek, null);
  assert.ok(early.rate < 0.5 && early.rate >= 0.3);
});

test("a clip that is far is sought, as far ahead as its seeks take", () => {
  assert.equal(correct(going(2), clip(1)).seek, 2);
  assert.equal(correct(going(2, 2), clip(1, { lag: 0.1 })).seek, 2.2);
  assert.equal(correct(going(2), clip(1, { lag: 60 })).seek, 2.5);
  assert.equal(correct(going(2), clip(1, { seeking: true })).seek, null);
});

test("standing still, the very frame is shown", () => {
  assert.equal(correct(standing(2), clip(2.05)).seek, 2);
  assert.equal(correct(standing(2), clip(2.001)).seek, null);
  assert.equal(correct(standing(2), clip(2.05)).play, false);
});

test("a clip that is shorter holds its last frame", () => {
  const short = clip(1, { duration: 2 });
  const held = correct(going(4), short);
  assert.equal(held.play, false);
  assert.ok(held.seek > 1.95 && held.seek < 2);
  assert.equal(correct(going(4), clip(2, { duration: 2 })).seek, null, "it ended there");
  assert.equal(correct(going(4), clip(1, { duration: NaN })).play, true, "not loaded yet");
});

test("steps are of frames, and end with the clips", () => {
  assert.equal(stepped(1, 1, 5), 25 / 24);
  assert.equal(stepped(0, -1, 5), 0);
  assert.equal(stepped(5, 1, 5), 5);
});

// --- A world of clips ---

let now = 0;
let frames = [];
globalThis.requestAnimationFrame = (fn) => frames.push(fn);
performance.now = () => now;

class Video extends EventTarget {
  constructor({ duration = 2, latency = 0, pace = 1, loaded = 0 }) {
    super();
    Object.assign(this, { duration, latency, pace, loaded, paused: true, playbackRate: 1,
      error: null, seeks: 0 });
    this.at = 0;
    this.readyAt = 0;
    this.seeking = false;
  }

  get readyState() {
    if (now < this.loaded) return 0;
    return now < (this.starves ?? 0) ? 1 : 4;
  }

  get currentTime() {
    return this.at;
  }

  set currentTime(to) {
    this.at = to;
    this.seeking = true;
    this.seeks += 1;
    this.readyAt = now + this.latency;
  }

  play() {
    if (this.paused) this.readyAt = Math.max(this.readyAt, now + this.latency);
    this.paused = false;
    return Promise.resolve();
  }

  pause() {
    this.paused = true;
  }

  go(ms) {
    if (this.seeking && now >= this.readyAt) {
      this.seeking = false;
      this.dispatchEvent(new Event("seeked"));
    }
    if (this.paused || now < this.readyAt || this.readyState < 3) return;
    this.at = Math.min(this.duration, this.at + (ms / 1000) * this.playbackRate * this.pace);
  }
}

const player = await import("../../src/report/page/player.js");

function pass(videos, ms, look = () => {}) {
  for (let i = 0; i < ms; i += 16) {
    now += 16;
    for (const video of videos) video.go(16);
    const due = frames;
    frames = [];
    for (const fn of due) fn(now);
    look();
  }
}

function spread(videos) {
  const playing = videos.filter((video) => !video.paused && !video.seeking);
  const times = playing.map((video) => video.currentTime);
  return Math.max(...times) - Math.min(...times);
}

test("clips that start late and run unevenly stay together, loop after loop", () => {
  const videos = [{}, { latency: 90 }, { pace: 1.05 }, { pace: 0.97, latency: 30 }, { loaded: 400 },
    { duration: 1.2 }].map((how) => new Video(how));
  player.play();
  for (const video of videos) assert.ok(player.attach(video));
  pass(videos, 3000);
  let worst = 0;
  pass(videos, 8000, () => {
    const at = player.time();
    if (at > 0.5) worst = Math.max(worst, spread(videos.slice(0, 5)));
  });
  assert.ok(worst < 0.05, `they were ${worst} s apart`);
  assert.equal(player.longest(), 2);
  for (const video of videos) player.detach(video);
});

test("paused, all show one moment, and nothing is drawn for nothing", () => {
  const videos = [new Video({ latency: 90 }), new Video({})];
  for (const video of videos) player.attach(video);
  pass(videos, 700);
  player.pause();
  pass(videos, 1000);
  assert.ok(videos.every((video) => video.paused));
  for (const video of videos) assert.ok(Math.abs(video.currentTime - player.time()) < 0.016);
  assert.equal(frames.length, 0, "the clock rests");
  player.seek(1);
  player.step(1);
  pass(videos, 500);
  for (const video of videos) assert.ok(Math.abs(video.currentTime - 25 / 24) < 0.001);
  for (const video of videos) player.detach(video);
});

test("without a loop it stops at the end, and begins again from there", () => {
  const video = new Video({});
  player.attach(video);
  player.loop(false);
  player.play();
  pass([video], 15000);
  assert.equal(player.playing(), false);
  player.play();
  pass([video], 700);
  assert.ok(player.time() < 1);
  player.pause();
  player.loop(true);
  player.detach(video);
});

test("the speed changes, the place does not", () => {
  const video = new Video({ duration: 60 });
  player.attach(video);
  player.seek(0);
  player.play();
  pass([video], 2000);
  const at = player.time();
  player.speed(2);
  assert.equal(player.time(), at);
  pass([video], 1600);
  assert.ok(Math.abs(player.time() - at - 3.2) < 0.01);
  assert.ok(Math.abs(video.currentTime - player.time()) < 0.05);
  player.speed(1);
  player.pause();
  player.detach(video);
});

test("where most have no picture for a while, all wait for them", () => {
  const videos = [1, 2, 3].map(() => new Video({ duration: 60 }));
  for (const video of videos) player.attach(video);
  player.seek(0);
  player.play();
  pass(videos, 1000);
  const at = player.time();
  for (const video of videos.slice(1)) video.starves = now + 4000;
  pass(videos, 3000);
  assert.ok(player.time() - at < 2.5, `the clock went on for ${player.time() - at} s`);
  pass(videos, 2000);
  assert.ok(videos.every((video) => !video.paused));
  assert.ok(spread(videos) < 0.05);
  // One alone keeps nobody waiting.
  const then = player.time();
  videos[0].starves = now + 3000;
  pass(videos, 3000);
  assert.ok(player.time() - then > 2.9);
  player.pause();
  for (const video of videos) player.detach(video);
});

test("no more clips than a browser can play", () => {
  const videos = Array.from({ length: 61 }, () => new Video({}));
  assert.deepEqual(videos.map((video) => player.attach(video)).indexOf(false), 60);
  for (const video of videos) player.detach(video);
  assert.ok(player.attach(videos[60]));
  player.detach(videos[60]);
});

test("a machine that cannot play so many plays fewer", () => {
  const videos = Array.from({ length: 40 }, (v, i) => new Video({ latency: i < 20 ? 0 : 1e6 }));
  for (const video of videos) player.attach(video);
  player.onCrowded((room) => {
    for (const video of videos.slice(room)) player.detach(video);
  });
  player.seek(0);
  player.play();
  pass(videos, 40000);
  const playing = videos.filter((video) => player.attach(video) && !video.paused);
  assert.ok(playing.length >= 12 && playing.length <= 20, `${playing.length} play`);
  player.pause();
  for (const video of videos) player.detach(video);
});

// One clock for all clips that are attached: they play, stop and are sought
// together. What each should do is worked out in #drift; here it is done.
import { correct, position, stepped } from "#drift";

const MOST = 60; // Chromium stops making players not far above it
const LEAST = 12; // what any machine is trusted with
const CHECK_MS = 80; // how often drifts are looked at
const GATHER_MS = 500; // how long the ready wait for one more of the others …
const LOAD_MS = 1500; // … and for the first to be loaded
const PATIENCE_MS = 2500; // but no longer than this in all
const RESEEK_MS = 700; // a seek that was not near enough is given time
const STARVED_MS = 1000; // how long most may have no picture before all wait for them

const clips = new Map(); // video → what is known of it
const listeners = new Set();
const crowded = new Set(); // who is told that there is less room

let base = 0; // where the clock stood …
let since = null; // … at this moment, in milliseconds; null: it stands there still
let wanted = false; // playing, or about to
let rate = 1;
let looping = true;
let gathering = null; // all go to one place, and wait for each other, before they start
let longestSeen = 0;
let room = MOST; // how many clips may play
let strained = 0; // how often in a row some were not ready in time
let starved = null; // since when most have no picture; null: they have
let frame = 0;
let checked = 0;

const now = () => performance.now();

/** The longest clip that is attached, in seconds; of none, that of the last ones. */
export function longest() {
  let most = 0;
  for (const [video, clip] of clips)
    most = Math.max(most, video.duration || clip.seconds || 0);
  if (most > 0) longestSeen = most;
  return longestSeen;
}

function where() {
  const elapsed = since === null ? 0 : (now() - since) / 1000;
  return position(base, elapsed, rate, longest(), looping);
}

/** Where the clock stands, in seconds. */
export function time() {
  return where().at;
}

export function playing() {
  return wanted;
}

function hold(at) {
  base = at;
  since = null;
}

const isReady = (video) => !video.seeking && video.readyState >= 2;

// All are sent to one place and wait for each other: they then begin as one.
function gather(at) {
  hold(at);
  const waitFor = [...clips.keys()].filter((video) => video.readyState >= 1);
  for (const video of waitFor) {
    video.pause();
    // A seek to elsewhere that is under way is overtaken.
    apply(video, clips.get(video), false, false);
  }
  gathering = { waitFor, ready: 0, until: now() + GATHER_MS, latest: now() + PATIENCE_MS };
  wake();
}

// The first clips after none: whatever is attached until then begins with them.
function gatherFirst() {
  hold(time());
  gathering = { waitFor: null, ready: 0, until: now() + LOAD_MS, latest: now() + PATIENCE_MS };
}

// As long as one after the other gets ready, a busy machine is given time.
function tryBegin() {
  const all = gathering.waitFor ?? [...clips.keys()];
  const ready = all.filter(isReady).length;
  if (ready > gathering.ready) gathering.until = Math.max(gathering.until, now() + GATHER_MS);
  gathering.ready = ready;
  const inTime = ready === all.length;
  if (inTime || now() > Math.min(gathering.until, gathering.latest)) begin(inTime);
}

function begin(inTime) {
  gathering = null;
  starved = null;
  since = now();
  strained = inTime ? 0 : strained + 1;
  // Once may be chance. A machine that cannot play so many plays fewer well.
  if (strained < 2 || clips.size <= LEAST) return;
  strained = 0;
  room = Math.max(LEAST, Math.floor(clips.size * 0.7));
  for (const fn of crowded) fn(room);
}

function seek(video, clip, to) {
  clip.asked = now();
  video.currentTime = to;
}

// Refused and broken-off plays are no news: the next look finds the clip paused.
const ignore = () => {};

/** Does what #drift says; false: the clip is not where it should be yet. */
function apply(video, clip, goes, seeking = video.seeking) {
  if (video.readyState < 1) return video.error !== null;
  const todo = correct(
    { at: time(), playing: goes, speed: rate },
    {
      at: video.currentTime,
      duration: video.duration,
      seeking,
      lag: clip.lag,
    },
  );
  if (video.playbackRate !== todo.rate) video.playbackRate = todo.rate;
  const waits = todo.play && now() - clip.asked < RESEEK_MS;
  if (todo.seek !== null && !waits) seek(video, clip, todo.seek);
  if (todo.play && video.paused) video.play().catch(ignore);
  if (!todo.play && !video.paused) video.pause();
  return todo.seek === null && !video.seeking;
}

// Pictures that come later than the clock, each of another moment, cannot be
// compared: a machine that is too busy for so many shows them now and then, but
// together.
function isStarved() {
  const going = [...clips.keys()].filter((video) => !video.paused);
  const without = going.filter((video) => video.seeking || video.readyState < 3);
  if (since === null || without.length * 2 <= going.length) starved = null;
  else starved ??= now();
  return starved !== null && now() - starved > STARVED_MS;
}

function look() {
  const { at, wrapped } = where();
  if (wrapped && clips.size > 0) return gather(0);
  if (isStarved()) return gather(at);
  if (since !== null && !looping && at >= longest() && longest() > 0) {
    wanted = false;
    hold(at);
  }
  let settled = true;
  for (const [video, clip] of clips)
    if (!apply(video, clip, since !== null)) settled = false;
  return settled;
}

function onFrame() {
  frame = 0;
  if (gathering) tryBegin();
  let settled = false;
  if (now() - checked >= CHECK_MS || where().wrapped) {
    checked = now();
    settled = look() === true;
  }
  tell();
  if (wanted || gathering || !settled) wake();
}

function wake() {
  if (!frame) frame = requestAnimationFrame(onFrame);
}

function tell() {
  const state = { at: time(), longest: longest(), playing: wanted, speed: rate, loop: looping };
  for (const fn of listeners) fn(state);
}

/** fn({at, longest, playing, speed, loop}) as the clock goes, and when it is set. */
export function onTick(fn) {
  listeners.add(fn);
  tell();
  return () => listeners.delete(fn);
}

export function play() {
  if (wanted) return;
  wanted = true;
  const at = time();
  gather(at >= longest() - 0.02 ? 0 : at);
  tell();
}

export function pause() {
  wanted = false;
  gathering = null;
  hold(time());
  checked = 0;
  wake();
  tell();
}

export function toggle() {
  if (wanted) pause();
  else play();
}

/** All clips to that place, in seconds; those that play go on from there. */
function seekTo(seconds) {
  const at = Math.min(Math.max(0, Number(seconds) || 0), longest());
  if (wanted) {
    gather(at);
  } else {
    hold(at);
    checked = 0;
    wake();
  }
  tell();
}

export { seekTo as seek };

/** So many frames on (of 24 a second), standing still. */
export function step(frames) {
  pause();
  seekTo(stepped(base, frames, longest()));
}

/** How fast it plays; without a number, only tells. */
export function speed(times) {
  if (times > 0) {
    base = time();
    if (since !== null) since = now();
    rate = times;
    wake();
    tell();
  }
  return rate;
}

/** Whether it begins again at the end; without a value, only tells. */
export function loop(on) {
  if (on !== undefined && on !== looping) {
    base = time();
    if (since !== null) since = now();
    looping = on;
    tell();
  }
  return looping;
}

function onSeeked(event) {
  const clip = clips.get(event.target);
  if (clip) clip.lag = 0.6 * clip.lag + 0.4 * ((now() - clip.asked) / 1000);
  wake();
}

/**
 * Puts a video on the clock. Its source, and that it is muted, are the caller's.
 * @param {HTMLVideoElement} video
 * @param {number} [seconds] how long it is, as far as known before it is loaded
 * @returns {boolean} false: no room, since too many play already
 */
export function attach(video, seconds = 0) {
  if (clips.has(video)) return true;
  if (clips.size >= room) return false;
  if (clips.size === 0 && wanted) gatherFirst();
  clips.set(video, { seconds, lag: 0.1, asked: 0 });
  video.addEventListener("seeked", onSeeked);
  video.addEventListener("loadeddata", wake);
  checked = 0;
  wake();
  return true;
}

/** fn(room) when only so many clips can be played; those above are to be detached. */
export function onCrowded(fn) {
  crowded.add(fn);
}

/** Takes a video off the clock; it stands where it is. */
export function detach(video) {
  if (!clips.delete(video)) return;
  video.removeEventListener("seeked", onSeeked);
  video.removeEventListener("loadeddata", wake);
  video.pause();
}

// A page in the background is not drawn: its clips start together when it is back.
globalThis.document?.addEventListener("visibilitychange", () => {
  if (!document.hidden && wanted) gather(time());
});

// A clip on the page's clock, and the controls of that clock: what plays over
// the grid plays as the grid does.

import { isOurs } from "#differing";
import { button, el, mark } from "#dom";
import { SPEEDS } from "#hash";
import { titled } from "#keys";
import { attach, detach, onTick, seek, step, toggle } from "#player";
import * as view from "#view";
import { clock } from "#words";

let heard = false;

function fail(box, clip) {
  box.classList.add("broken");
  box.append(el("span", { class: "why", dir: "auto" }, `does not play: ${clip.file}`));
}

/**
 * The clip as an element that plays with all others.
 * @param {object} clip
 * @param {string} label what it shows, for those who do not see it
 * @param {AbortSignal} until when it is gone from the page
 */
export function screen(clip, label, until) {
  const video = el("video", { playsinline: true, preload: "auto", "aria-label": label,
    disablepictureinpicture: true, poster: isOurs(clip.poster) && clip.poster });
  const box = el("span", { class: "screen" }, video);
  if (clip.width > 0 && clip.height > 0)
    box.style.setProperty("--ratio", String(clip.width / clip.height));
  video.muted = true;
  video.addEventListener("error", () => {
    if (!until.aborted) fail(box, clip);
  });
  until.addEventListener("abort", () => {
    detach(video);
    video.removeAttribute("src");
    video.load(); // gives back what it has loaded
  });
  if (isOurs(clip.file) && attach(video, clip.seconds)) video.src = clip.file;
  return box;
}

function speedSelect() {
  return el("select", { class: "speed", title: titled("Speed", "speed"), "aria-label": "Speed",
    onchange: (event) => view.set({ speed: Number(event.target.value) }) },
  ...SPEEDS.map((speed) => el("option", { value: speed }, `${speed}×`)));
}

function parts() {
  return {
    play: button("▶", titled("Play", "play"), toggle, { class: "play" }),
    back: button("◂", titled("One frame back", "step", ","), () => step(-1),
      { "aria-label": "One frame back" }),
    forward: button("▸", titled("One frame forward", "step", "."), () => step(1),
      { "aria-label": "One frame forward" }),
    scrub: el("input", { type: "range", class: "scrub", min: 0, max: 1, step: 0.01, value: 0,
      "aria-label": "Place in the clip", oninput: (event) => seek(event.target.value) }),
    where: el("span", { class: "figure where" }),
    speed: speedSelect(),
    loop: button("↻", titled("Loop", "loop"), () => view.set({ loop: !view.get().loop }),
      { class: "loop", "aria-label": "Loop" }),
  };
}

function put(element, property, value) {
  if (element[property] !== value) element[property] = value;
}

function follow(bar, { at, longest, playing, speed, loop }) {
  const told = `${clock(at)} / ${clock(longest)}`;
  put(bar.play, "textContent", playing ? "❚❚" : "▶");
  mark(bar.play, "aria-label", playing ? "Pause" : "Play");
  mark(bar.play, "aria-pressed", String(playing));
  mark(bar.loop, "aria-pressed", String(loop));
  put(bar.scrub, "max", String(Math.max(longest, 0.01)));
  put(bar.scrub, "value", String(Math.round(at * 100) / 100));
  mark(bar.scrub, "aria-valuetext", told);
  put(bar.where, "textContent", told);
  put(bar.speed, "value", String(speed));
}

// Browsers have different words for it; some know only once it has played.
function hasSound(video) {
  return Boolean(video.mozHasAudio || video.audioTracks?.length ||
    video.webkitAudioDecodedByteCount);
}

// Heard is only what was asked for, and only the large clip.
function soundButton(video) {
  const mine = button("Sound", "Sound of this clip", () => {
    heard = !heard;
    refresh();
  }, { hidden: true });
  const refresh = () => {
    video.muted = !(heard && hasSound(video));
    mine.hidden = !hasSound(video);
    mark(mine, "aria-pressed", String(heard));
  };
  video.addEventListener("timeupdate", refresh);
  return mine;
}

/**
 * Play, a frame back and forward, the place, the speed, the loop.
 * @param {AbortSignal} until
 * @param {HTMLVideoElement} [video] whose sound can be heard, if it has any
 */
export function controls(until, video) {
  const bar = parts();
  until.addEventListener("abort", onTick((state) => follow(bar, state)));
  return el("div", { class: "controls", role: "toolbar", "aria-label": "Playing" },
    bar.back, bar.play, bar.forward, bar.scrub, bar.where, bar.speed, bar.loop,
    video && soundButton(video));
}

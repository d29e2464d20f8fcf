// The part of the bar that plays: one clock for all clips that are seen.
import { button, byId, el, mark } from "#dom";
import { SPEEDS } from "#hash";
import { loop, onTick, seek, speed, step, toggle } from "#player";
import { get as view, set, subscribe } from "#view";
import { clock } from "#words";

/** The next slower (-1) or faster (1) speed. */
export function nextSpeed(by) {
  const i = SPEEDS.indexOf(view().speed) + by;
  if (i >= 0 && i < SPEEDS.length) set({ speed: SPEEDS[i] });
}

function drawTick({ at, longest, playing }) {
  const scrub = byId("scrub");
  if (!scrub) return;
  const play = byId("play");
  if (play.getAttribute("aria-pressed") !== String(playing)) {
    mark(play, "aria-pressed", playing);
    play.textContent = playing ? "❚❚" : "▶";
  }
  const length = longest.toFixed(3);
  if (scrub.max !== length) scrub.max = length;
  // While it is dragged it is where the hand is.
  if (!scrub.matches(":active")) scrub.value = at;
  const text = `${clock(at)} / ${clock(longest)}`;
  const time = byId("time");
  if (time.textContent !== text) time.textContent = text;
}

function draw(state) {
  byId("speed").value = String(state.speed);
  mark(byId("loop"), "aria-pressed", state.loop);
  if (speed() !== state.speed) speed(state.speed);
  loop(state.loop);
}

export function start(parent) {
  const scrub = el("input", { type: "range", id: "scrub", min: 0, max: 0, step: "any", value: 0,
    "aria-label": "Place in the clips", oninput: () => seek(Number(scrub.value)) });
  // Native steps of "any" are of a hundredth: a frame is what one means.
  scrub.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    step(by);
  });
  const speeds = el("select", { id: "speed", "aria-label": "Speed", title: "Speed ([ ])",
    onchange: () => set({ speed: Number(speeds.value) }) },
  ...SPEEDS.map((times) => el("option", { value: times }, `${times}×`)));
  parent.append(el("div", { class: "group transport", role: "group", "aria-label": "Playing" },
    button("▶", "Play, pause (Space)", toggle, { id: "play", "aria-label": "Play",
      "aria-pressed": "false" }),
    button("◂", "One frame back (,)", () => step(-1), { class: "step", "aria-label": "One frame back" }),
    button("▸", "One frame forward (.)", () => step(1), { class: "step", "aria-label": "One frame forward" }),
    scrub, el("span", { id: "time" }), speeds,
    button("↻", "Loop (l)", () => set({ loop: !view().loop }), { id: "loop", "aria-label": "Loop",
      "aria-pressed": "true" })));
  draw(view());
  subscribe(draw);
  onTick(drawTick);
}

// The page while it is served: what changes comes as events, and what is asked
// for is sent. In a written report nothing of this happens.
import { cellOf, cells, head, onChange, update, updateHead } from "#data";
import { button, byId, el, mark } from "#dom";
import { say } from "#said";
import { credits, plural } from "#words";

const AGAIN_MS = 2000;

let version = head.version ?? 0; // of the last event
let source = null;
let lost = false;
let over = false; // the server has said goodbye
let told = ""; // why something that was asked for was not done

/** Asks the run for something: "pause", "cancel" with a cell's number. */
export async function control(action, cell) {
  told = "";
  try {
    const answer = await fetch("control", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(cell === undefined ? { action } : { action, cell }),
    });
    if (!answer.ok) told = (await answer.json()).error ?? `answer ${answer.status}`;
  } catch {
    told = "tarmac does not answer";
  }
  if (told) say(told);
  drawSoon();
  return told === "";
}

// --- what comes

function onProgress({ nth, progress }) {
  const cell = cellOf(nth);
  const last = cell?.purchases.findLastIndex((purchase) => !purchase.ended_ms) ?? -1;
  if (last < 0) return;
  const purchases = [...cell.purchases];
  purchases[last] = { ...purchases[last], progress };
  update({ ...cell, purchases });
}

const handlers = {
  cell: update,
  head: updateHead,
  progress: onProgress,
  reload: () => location.reload(),
  bye: () => {
    over = true;
    source.close();
  },
};

function onMessage(event) {
  version = event.lastEventId || version;
  lost = false;
  handlers[event.type](JSON.parse(event.data));
  drawSoon();
}

// A browser tries again by itself, unless it was refused.
function onLost() {
  lost = !over;
  drawSoon();
  if (over || source.readyState !== EventSource.CLOSED) return;
  setTimeout(connect, AGAIN_MS);
}

function connect() {
  source = new EventSource(`events?since=${version}`);
  for (const type of Object.keys(handlers)) source.addEventListener(type, onMessage);
  source.addEventListener("open", () => {
    lost = false;
    drawSoon();
  });
  source.addEventListener("error", onLost);
}

// --- what is shown of it

function count(...states) {
  return cells.reduce((sum, cell) => sum + states.includes(cell.state), 0);
}

function counts() {
  const total = Math.max(head.run.cells ?? 0, cells.length);
  const words = [`${count("delivered")} of ${plural(total, "cell")}`];
  const running = count("running");
  const failed = count("failed", "cancelled", "unknown");
  if (running > 0) words.push(`${running} running`);
  if (failed > 0) words.push(`${failed} failed`);
  if (head.run.left && !head.run.paused) words.push(head.run.left);
  return words.join(", ");
}

// What was spent, and is reserved, stands above.
function money() {
  const { spent = 0, reserved = 0, unknown = 0, budget } = head.money;
  const left = budget - spent - reserved - unknown;
  return budget >= 0 ? `${credits(Math.max(0, left))} left of the budget` : "";
}

function state() {
  if (over) return "tarmac has ended here; clips that are not loaded yet do not play any more";
  if (lost) return "connection lost; the run goes on without this page";
  if (head.run.paused) return "paused";
  return head.run.alive ? "running" : "ended";
}

const CONTROLS = {
  run: ["Run", "Buy what is missing"],
  resume: ["Resume", "Go on buying"],
  pause: ["Pause", "Buy nothing more for now; what is under way goes on"],
  retry: ["Retry failed", "Another round that buys again what the service failed to make"],
  end: ["End", "Stop buying, fetch what is ready, and leave; nothing is lost"],
};

/** Whether that may be asked for now. */
function may(action) {
  return !over && (head.run.controls ?? []).includes(action);
}

function drawButtons() {
  for (const action of Object.keys(CONTROLS))
    byId(action).hidden =
      !may(action) || (action === "retry" && count("failed", "cancelled") === 0);
  document.body.classList.toggle("may-cancel", may("cancel"));
}

let drawing = false;

function draw() {
  drawing = false;
  drawButtons();
  const where = byId("live-state");
  mark(where, "data-state", over ? "over" : lost ? "lost" : state());
  if (where.textContent !== state()) where.textContent = state();
  byId("live-counts").textContent = counts();
  byId("live-money").textContent = money();
  const says = told || (over || lost ? "" : (head.run.told ?? ""));
  byId("live-told").hidden = says === "";
  if (byId("live-told").textContent !== says) byId("live-told").textContent = says;
}

function drawSoon() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(draw);
}

/** A button that cancels the cell that `cell()` gives; none in a report. */
export function cancelButton(cell, properties = {}) {
  if (!head.live) return false;
  const cancel = (event) => {
    event.stopPropagation();
    control("cancel", cell().nth);
  };
  return button("Cancel", "Buy nothing more for this cell, and cancel what is under way",
    cancel, { class: "cancel", ...properties });
}

/** Whether there is something to cancel. */
export function canCancel(cell) {
  return cell?.state === "queued" || cell?.state === "running";
}

export function start() {
  const bar = byId("live-bar");
  bar.replaceChildren(
    el("span", { id: "live-state", role: "status" }),
    el("span", { id: "live-counts" }),
    el("span", { id: "live-money" }),
    el("span", { class: "live-controls", role: "group", "aria-label": "The run" },
      ...Object.entries(CONTROLS).map(([action, [text, title]]) =>
        button(text, title, () => control(action), { id: action, hidden: true }))),
    el("span", { id: "live-told", role: "status", dir: "auto", hidden: true }));
  bar.hidden = false;
  onChange(drawSoon);
  draw();
  connect();
}

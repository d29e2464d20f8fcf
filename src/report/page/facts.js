// What is known of a cell besides how it looks.

import { copyButton } from "#copy";
import { axes } from "#data";
import { isOurs, savedAs } from "#differing";
import { el } from "#dom";
import { facts, figure, quoted } from "#parts";
import { requestList, text } from "#request";
import { progressOf } from "#tile";
import { bytes, credits, duration, seconds, state, time, value } from "#words";

function section(title, ...children) {
  return el("section", {}, el("h3", {}, title), ...children);
}

const SHORT = 13; // characters of a name that are shown

// A long name of a thing, short, and whole where it is copied.
function shortened(whole, what) {
  if (!whole) return undefined;
  const shown = el("code", { title: whole },
    whole.length > SHORT + 1 ? `${whole.slice(0, SHORT)}…` : whole);
  const row = el("span", { class: "copied" }, shown);
  // What is selected where nothing can be copied has to be all of it.
  const reveal = { select: () => {
    shown.textContent = whole;
    getSelection().selectAllChildren(shown);
  } };
  row.append(copyButton(whole, what, reveal));
  return row;
}

function axesSection(cell) {
  const rows = Object.entries(cell.axes ?? {}).map(([name, of]) =>
    [quoted(name), typeof of === "string" ? text(of) : figure(value(of))]);
  return section("Cell", facts([
    ["state", state(cell.state)],
    ...rows,
    ["take", axes.some((axis) => axis.name === "take") && figure(value(cell.take))],
    ["took", cell.ended_ms && cell.began_ms && figure(duration(cell.ended_ms - cell.began_ms))],
  ]));
}

/** Why there is no clip, in full. */
function errorSection(cell) {
  const { error } = cell;
  if (!error) return false;
  const title = cell.state === "failed" ? `failed: ${value(error.kind)}` : state(cell.state);
  return el("section", { class: "error" },
    el("h3", {}, title),
    error.message && text(error.message),
    facts([["task", shortened(error.task_id, "the task's id")]]));
}

function clipSection(cell, clip) {
  if (!clip) return false;
  const name = savedAs(cell, clip);
  return section(clip.extra ? "Further clip" : "Clip", facts([
    ["output", clip.output && quoted(clip.output)],
    ["size", clip.width && figure(`${clip.width} × ${clip.height}`)],
    ["length", clip.seconds !== undefined && figure(seconds(clip.seconds))],
    ["file", clip.bytes !== undefined && figure(bytes(clip.bytes))],
    ["path", clip.path && quoted(clip.path, "code")],
    ["SHA-256", shortened(clip.sha256, "the SHA-256")],
  ]), isOurs(clip.file) && el("a", { class: "download", href: clip.file, download: name,
    title: name }, "Save clip"));
}

const STEPS = [["asked", "asked_ms"], ["sent", "sent_ms"], ["accepted", "accepted_ms"]];

// When each step was, and how long after the one before it.
function times(purchase) {
  const steps = [...STEPS, [state(purchase.state), "ended_ms"]]
    .filter(([, field]) => purchase[field]);
  if (steps.length === 0) return undefined;
  const rows = steps.map(([name, field], i) => el("tr", {},
    el("th", { scope: "row" }, name),
    el("td", {}, figure(time(purchase[field]))),
    el("td", {}, i > 0 && figure(
      `+${duration(purchase[field] - purchase[steps[i - 1][1]])}`))));
  return el("table", { class: "times" }, el("tbody", {}, ...rows));
}

function purchaseBody(purchase) {
  return [
    facts([
      ["state", state(purchase.state)],
      ["gateway", purchase.gateway && quoted(purchase.gateway)],
      ["route", purchase.route && quoted(purchase.route)],
      ["take", purchase.take > 1 && figure(value(purchase.take))],
      ["price", purchase.credits !== undefined && figure(credits(purchase.credits))],
      ["attempts", purchase.attempt > 1 && figure(value(purchase.attempt))],
      ["failed", purchase.kind && quoted(purchase.kind)],
      ["reason", purchase.reason && text(purchase.reason)],
      ["task", shortened(purchase.task_id, "the task's id")],
      ["fingerprint", shortened(purchase.fingerprint, "the fingerprint")],
    ]),
    times(purchase),
  ];
}

function purchaseSection(purchase, i, all, shown) {
  const one = all.length === 1;
  const request = purchase.request ? requestList(purchase.request, purchase.left_out) : false;
  const body = [request && el("h3", {}, "Request"), request,
    el("h3", {}, "Purchase"), ...purchaseBody(purchase)];
  if (one) return el("section", {}, ...body);
  const summary = el("summary", {},
    `Purchase ${i + 1} of ${all.length}: ${value(purchase.route)}, ${state(purchase.state)}`);
  return el("details", { open: shown }, summary, ...body);
}

function againSection(cell) {
  if (!cell.again) return false;
  const command = el("pre", { class: "command", tabindex: 0 }, cell.again);
  return section("Make it again", command, copyButton(cell.again, "the command", command));
}

/** Everything about a cell, beside its clip. */
export function about(cell, clip) {
  const purchases = cell.purchases ?? [];
  const shown = clip?.purchase ?? 0;
  return [
    errorSection(cell),
    axesSection(cell),
    ...purchases.map((purchase, i) => purchaseSection(purchase, i, purchases, i === shown)),
    clipSection(cell, clip),
    againSection(cell),
  ].filter(Boolean);
}

/** How far it is. */
export function stateOf(cell) {
  const share = cell.state === "running" ? progressOf(cell) : null;
  return share === null ? state(cell.state) : `${state(cell.state)}, ${Math.round(share * 100)} %`;
}

/** What stands where a clip would be. */
export function instead(cell) {
  const missing = cell.state === "delivered";
  return el("div", { class: "instead" },
    el("p", { class: "why" }, missing ? "the clip is missing" : stateOf(cell)),
    cell.error?.message && text(cell.error.message));
}

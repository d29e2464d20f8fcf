// The gateway as Runway's own SDK for Node sees it. Every expectation is what
// the SDK's types and its polling promise a program that is written for
// api.dev.runwayml.com.

import assert from "node:assert/strict";
import { File } from "node:buffer";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";

import RunwayML, {
  APIError, AuthenticationError, BadRequestError, NotFoundError, RateLimitError,
  TaskFailedError,
} from "@runwayml/sdk";

import { KEY, dataUri, picture, startGateway, startServer, until } from "./harness.mjs";

globalThis.File ??= File; // Node 18 has it in node:buffer alone

const LINE = /^\d{4}-\d\d-\d\dT[\d:.]{12}Z 127\.0\.0\.1 [A-Z]+ \S+ \d{3} \d+ \d+ms ".*"$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const clientOf = (gateway, more) =>
  new RunwayML({ baseURL: gateway.url, apiKey: KEY, maxRetries: 0, ...more });

// A clip in the words of mp4, a picture in those of PNG.
async function isMedia(url, kind) {
  const answer = await fetch(url);
  assert.equal(answer.status, 200);
  const bytes = Buffer.from(await answer.arrayBuffer());
  if (kind === "mp4") assert.equal(bytes.toString("latin1", 4, 8), "ftyp");
  else assert.equal(bytes.toString("latin1", 1, 4), "PNG");
  return bytes;
}

async function ends(promise, kind) {
  const created = await promise;
  assert.match(created.id, UUID);
  assert.equal(typeof created.estimatedCost.credits, "number");
  const task = await promise.waitForTaskOutput();
  assert.equal(task.id, created.id);
  assert.equal(task.status, "SUCCEEDED");
  assert.match(task.createdAt, ISO);
  assert.ok(Math.abs(Date.now() - Date.parse(task.createdAt)) < 120e3);
  assert.ok(task.cost.credits > 0, JSON.stringify(task));
  assert.equal(task.output.length, 1);
  await isMedia(task.output[0], kind);
  return task;
}

describe("everything that can be made", { concurrency: true }, () => {
  let gateway, client, clip;
  const still = dataUri(picture());

  before(async () => {
    gateway = await startGateway("--key", KEY);
    client = clientOf(gateway);
    const { id } = await client.textToVideo.create({
      model: "gen4.5", promptText: "a street in the rain", ratio: "1280:720",
      duration: 2 });
    const task = await until(() => client.tasks.retrieve(id),
      (t) => !["PENDING", "RUNNING"].includes(t.status));
    assert.equal(task.status, "SUCCEEDED");
    clip = task.output[0];
  });
  after(() => gateway.stop());

  test("imageToVideo", () => ends(client.imageToVideo.create({
    model: "gen4_turbo", promptImage: still, promptText: "slow push in",
    ratio: "1280:720", duration: 5 }), "mp4"));

  test("imageToVideo, of a list of pictures", () => ends(client.imageToVideo.create({
    model: "gen4_turbo", promptImage: [{ position: "first", uri: still }],
    ratio: "720:1280", duration: 2 }), "mp4"));

  test("textToVideo", () => ends(client.textToVideo.create({
    model: "veo3.1", promptText: "日本の海、夕日", ratio: "1280:720", duration: 4 }),
  "mp4"));

  test("videoToVideo, of a clip that was made here", () => ends(
    client.videoToVideo.create({
      model: "aleph2", videoUri: clip, promptText: "as a drawing" }), "mp4"));

  test("characterPerformance", () => ends(client.characterPerformance.create({
    model: "act_two", character: { type: "image", uri: still },
    reference: { type: "video", uri: clip }, ratio: "1280:720",
    expressionIntensity: 3, bodyControl: true }), "mp4"));

  test("textToImage", () => ends(client.textToImage.create({
    model: "gen4_image", promptText: "a harbour at dawn", ratio: "1280:720",
    referenceImages: [{ uri: still, tag: "sea" }] }), "png"));

  test("videoUpscale", () => ends(client.videoUpscale.create({
    model: "magnific_video_upscaler_creative", videoUri: clip }), "mp4"));

  test("uploads.createEphemeral, and a clip of it", async () => {
    const { uri } = await client.uploads.createEphemeral({
      file: new globalThis.File([picture(640, 360)], "still.png", { type: "image/png" }) });
    assert.match(uri, /^runway:\/\//);
    await ends(client.imageToVideo.create({
      model: "gen4_turbo", promptImage: uri, promptText: "pan left",
      ratio: "1280:720", duration: 2 }), "mp4");
  });

  test("organization.retrieve", async () => {
    const account = await client.organization.retrieve();
    assert.ok(Number.isInteger(account.creditBalance));
    assert.ok(account.tier.maxMonthlyCreditSpend > 0);
    assert.equal(account.tier.models["gen4.5"].maxConcurrentGenerations, 20);
    assert.ok(account.tier.models["gen4.5"].maxDailyGenerations > 0);
    assert.ok(account.usage.models["gen4.5"].dailyGenerations >= 1);
  });

  test("a finished task is deleted with its clip", async () => {
    const { id } = await client.textToImage.create({
      model: "gen4_image", promptText: "a stone", ratio: "1024:1024" });
    const task = await until(() => client.tasks.retrieve(id),
      (t) => t.status === "SUCCEEDED");
    await client.tasks.delete(id);
    await assert.rejects(client.tasks.retrieve(id), (error) => {
      assert.ok(error instanceof NotFoundError);
      assert.equal(error.error.error, "Could not find Task");
      return true;
    });
    await assert.rejects(client.tasks.delete(id), NotFoundError);
    assert.equal((await fetch(task.output[0])).status, 404);
  });

  test("a picture that is none fails the task, with a code", async () => {
    const server = await startServer("image/png", Buffer.from("not a picture at all"));
    try {
      const promise = client.imageToVideo.create({
        model: "gen4_turbo", promptImage: server.url, ratio: "1280:720", duration: 2 });
      await assert.rejects(promise.waitForTaskOutput(), (error) => {
        assert.ok(error instanceof TaskFailedError);
        assert.equal(error.taskDetails.status, "FAILED");
        assert.equal(error.taskDetails.failureCode, "ASSET.INVALID");
        assert.equal(error.taskDetails.cost.credits, 0);
        assert.ok(error.message.length > 10);
        return true;
      });
    } finally {
      server.stop();
    }
  });

  test("a body that does not fit is refused with issues", async () => {
    await assert.rejects(client.textToVideo.create({
      model: "gen4.5", promptText: "x", ratio: "1:1", duration: 2 }), (error) => {
      assert.ok(error instanceof BadRequestError);
      assert.equal(error.error.error, "Validation of body failed");
      const [issue] = error.error.issues;
      assert.deepEqual(issue.path, ["ratio"]);
      assert.ok(issue.code && issue.message, JSON.stringify(issue));
      return true;
    });
    await assert.rejects(client.textToVideo.create({
      model: "gen4.5", promptText: "x".repeat(1001), ratio: "1280:720", duration: 2 }),
    (error) => {
      const [issue] = error.error.issues;
      assert.equal(issue.code, "too_big");
      assert.equal(issue.maximum, 1000);
      return true;
    });
    await assert.rejects(client.textToVideo.create({
      model: "gen99", promptText: "x", ratio: "1280:720" }), (error) => {
      assert.deepEqual(error.error.issues[0].path, ["model"]);
      return true;
    });
  });

  test("a task that never was", async () => {
    await assert.rejects(client.tasks.retrieve("00000000-0000-4000-8000-000000000000"),
      NotFoundError);
  });

  test("a wrong key", async () => {
    const other = clientOf(gateway, { apiKey: "another" });
    await assert.rejects(other.organization.retrieve(), AuthenticationError);
  });

  test("a version of the API that is not served", async () => {
    const other = clientOf(gateway, { runwayVersion: "2020-01-01" });
    await assert.rejects(other.organization.retrieve(),
      (error) => error instanceof APIError && error.status === 400);
  });
});

describe("an account of the first tier", { concurrency: true }, () => {
  let gateway, client;
  const order = { model: "gen4.5", promptText: "a wave", ratio: "1280:720", duration: 2 };

  before(async () => {
    gateway = await startGateway("--key", KEY, "--tier", "1", "--latency", "4s",
      "--credits", "100");
    client = clientOf(gateway);
  });
  after(() => gateway.stop());

  test("the second task of a model waits, THROTTLED, and runs then", async () => {
    const first = await client.textToVideo.create(order);
    const second = await client.textToVideo.create(order);
    const waits = await until(() => client.tasks.retrieve(second.id),
      (t) => t.status !== "PENDING");
    assert.equal(waits.status, "THROTTLED");
    assert.equal(waits.progress, undefined);
    assert.notEqual((await client.tasks.retrieve(first.id)).status, "THROTTLED");
    await until(() => client.tasks.retrieve(second.id),
      (t) => t.status === "SUCCEEDED", 40000);
    assert.equal((await client.tasks.retrieve(first.id)).status, "SUCCEEDED");
    const account = await client.organization.retrieve();
    assert.equal(account.tier.models["gen4.5"].maxConcurrentGenerations, 1);
    assert.equal(account.usage.models["gen4.5"].dailyGenerations, 2);
    assert.equal(account.creditBalance, 100 - 2 * 2 * 12);

    // 52 credits are left.
    await assert.rejects(client.textToVideo.create({ ...order, duration: 5 }), (error) => {
      assert.ok(error instanceof BadRequestError);
      assert.equal(error.error.error, "You do not have enough credits to run this task.");
      return true;
    });
  });
});

describe("a day's limit", () => {
  test("is told as 429", async () => {
    const gateway = await startGateway("--key", KEY, "--tier", "1", "--latency", "1h");
    try {
      const client = clientOf(gateway);
      const order = { model: "gen4.5", promptText: "a wave", ratio: "1280:720", duration: 2 };
      for (let n = 0; n < 50; n++) await client.textToVideo.create(order);
      await assert.rejects(client.textToVideo.create(order), (error) => {
        assert.ok(error instanceof RateLimitError);
        assert.equal(error.error.error, "Your daily task limit has been reached.");
        return true;
      });
    } finally {
      await gateway.stop();
    }
  });
});

describe("a task that takes its time", { concurrency: true }, () => {
  let gateway, client;
  const order = { model: "gen4.5", promptText: "a wave", ratio: "1280:720", duration: 2 };

  before(async () => {
    gateway = await startGateway("--key", KEY, "--latency", "1h");
    client = clientOf(gateway);
  });
  after(() => gateway.stop());

  test("runs with progress", async () => {
    const { id } = await client.textToVideo.create(order);
    const task = await until(() => client.tasks.retrieve(id), (t) => t.status === "RUNNING");
    assert.ok(task.progress >= 0 && task.progress <= 1);
    assert.equal(task.estimatedCost.credits, 24);
  });

  test("is cancelled, and whoever waits for it hears so", async () => {
    const promise = client.textToVideo.create(order);
    const waiting = promise.waitForTaskOutput();
    const { id } = await promise;
    await client.tasks.delete(id);
    assert.equal((await client.tasks.retrieve(id)).status, "CANCELLED");
    await assert.rejects(waiting, (error) => {
      assert.ok(error instanceof TaskFailedError, String(error));
      assert.equal(error.message, "Task cancelled");
      assert.equal(error.taskDetails.cost.credits, 0);
      return true;
    });
  });
});

describe("bad days", () => {
  test("the SDK tries again by itself, and buys once", async () => {
    const log = join(mkdtempSync(join(tmpdir(), "tarmac-interop-")), "access.log");
    const gateway = await startGateway("--key", KEY, "--faults", "503=1:1",
      "--access-log", log);
    try {
      const client = clientOf(gateway, { maxRetries: 2 });
      const { id } = await client.textToVideo.create({
        model: "gen4.5", promptText: "a wave", ratio: "1280:720", duration: 2 });
      assert.match(id, UUID);
      const list = await (await fetch(`${gateway.url}/tasks.json`,
        { headers: { Authorization: `Bearer ${KEY}` } })).json();
      assert.equal(list.total, 1);
    } finally {
      await gateway.stop();
    }
    const lines = readFileSync(log, "utf8").trim().split("\n");
    assert.match(lines[0], LINE);
    assert.deepEqual(lines.map((line) => line.split(" ").slice(2, 5).join(" ")), [
      "POST /v1/text_to_video 503", "POST /v1/text_to_video 200",
      "GET /tasks.json 200"]);
    assert.ok(!lines.join().includes(KEY));
    rmSync(dirname(log), { recursive: true });
  });
});

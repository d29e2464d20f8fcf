// /openapi.json is OpenAPI 3.1, says what is served, and the page at / keeps to
// its own policy.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import vm from "node:vm";

import { Validator } from "@seriousme/openapi-schema-validator";

import { KEY, startGateway } from "./harness.mjs";

const AUTH = { headers: { Authorization: `Bearer ${KEY}` } };

async function check(document) {
  const validator = new Validator();
  const result = await validator.validate(structuredClone(document));
  assert.ok(result.valid, JSON.stringify(result.errors, null, 1));
  assert.equal(validator.version, "3.1");
}

// Each {operation, path, method} of the document.
function operations(document) {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })));
}

// Every $ref, and every schema that a discriminator maps to.
function* references(value) {
  if (value === null || typeof value !== "object") return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === "$ref") yield inner;
    else if (key === "mapping") yield* Object.values(inner);
    else yield* references(inner);
  }
}

describe("what is said of the service", () => {
  let open, closed, plain, keyed;

  before(async () => {
    open = await startGateway();
    closed = await startGateway("--key", KEY);
    plain = await (await fetch(`${open.url}/openapi.json`)).json();
    keyed = await (await fetch(`${closed.url}/openapi.json`)).json();
  });
  after(async () => {
    await open.stop();
    await closed.stop();
  });

  test("is OpenAPI 3.1, with a key and without", async () => {
    await check(plain);
    await check(keyed);
  });

  test("refers to what is there", () => {
    for (const reference of references(plain)) {
      const [, , kind, name] = reference.split("/");
      assert.ok(plain.components[kind][name], reference);
    }
  });

  test("names our own address, and the key where one is asked for", () => {
    assert.deepEqual(plain.servers, [{ url: open.url }]);
    assert.equal(plain.security, undefined);
    assert.deepEqual(keyed.security, [{ bearer: [] }]);
    assert.equal(keyed.components.securitySchemes.bearer.scheme, "bearer");
  });

  test("has both families, the official API and our own routes", () => {
    for (const path of ["/runway/pro/generate", "/runway/v1/pro/generate",
      "/runway/pro/video2video", "/runway/pro/act_one", "/runway/v1/pro/act_two",
      "/runway/v1/pro/aleph", "/runway/feed", "/runway/list", "/runway/uploads",
      "/v1/image_to_video", "/v1/text_to_video", "/v1/video_to_video",
      "/v1/character_performance", "/v1/text_to_image", "/v1/video_upscale",
      "/v1/tasks/{id}", "/v1/organization", "/v1/uploads", "/", "/healthz",
      "/tasks.json", "/openapi.json", "/assets/{name}"])
      assert.ok(plain.paths[path], path);
    assert.deepEqual(Object.keys(plain.paths["/v1/tasks/{id}"]).sort(), ["delete", "get"]);
  });

  test("leads a discriminator to the schema of each model", () => {
    const { mapping } = plain.components.schemas.OfficialTextToVideo.discriminator;
    for (const [model, reference] of Object.entries(mapping)) {
      const schema = plain.components.schemas[reference.split("/").pop()];
      assert.equal(schema.properties.model.const, model);
    }
    assert.ok("gen4.5" in mapping);
  });

  test("every path is served, with its method and no other", async () => {
    for (const { path, method, operation } of operations(keyed)) {
      const url = closed.url +
        path.replace("{id}", "00000000-0000-4000-8000-000000000000").replace(/{\w+}/, "x");
      const answer = await fetch(url, { method: method.toUpperCase(), ...AUTH });
      const text = await answer.text();
      assert.notEqual(answer.status, 405, `${method} ${path}`);
      assert.ok(!text.includes("nothing at this path") || /{/.test(path), `${method} ${path}`);
      const other = await fetch(url, { method: "PATCH", ...AUTH });
      assert.equal(other.status, 405, `PATCH ${path}`);
      const bare = await fetch(url, { method: method.toUpperCase() });
      assert.equal(bare.status === 401, operation.security === undefined,
        `${method} ${path}: ${bare.status} without a key`);
    }
  });
});

describe("the page at /", () => {
  let gateway, answer, html;

  before(async () => {
    gateway = await startGateway();
    answer = await fetch(`${gateway.url}/`);
    html = await answer.text();
  });
  after(() => gateway.stop());

  test("is HTML that nobody else may frame, sniff or feed", () => {
    assert.equal(answer.headers.get("content-type"), "text/html; charset=utf-8");
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
    const policy = answer.headers.get("content-security-policy");
    for (const words of ["default-src 'none'", "frame-ancestors 'none'",
      "base-uri 'none'", "form-action 'none'"])
      assert.ok(policy.includes(words), policy);
    assert.ok(!policy.includes("unsafe"), policy);
  });

  test("has a nonce for its script and style, another each time", async () => {
    const [, nonce] = /script-src 'nonce-([0-9a-f]{32})'/.exec(
      answer.headers.get("content-security-policy"));
    assert.equal(html.split(`nonce="${nonce}"`).length - 1, 2);
    assert.ok(!html.includes("NONCE"));
    const again = await fetch(`${gateway.url}/`);
    assert.ok(!again.headers.get("content-security-policy").includes(nonce));
  });

  test("loads nothing from elsewhere, and sets no HTML from data", () => {
    assert.ok(!/https?:\/\//.test(html.replace(/xmlns="[^"]*"/g, "")));
    assert.ok(!/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/.test(html));
  });

  test("has a script that parses", () => {
    const [, script] = /<script[^>]*>([^]*)<\/script>/.exec(html);
    assert.ok(new vm.Script(script));
  });

  test("shows what was ordered, as it was written", async () => {
    const prompt = "</script><img src=x onerror=alert(1)> 日本";
    const made = await fetch(`${gateway.url}/runway/pro/generate`, {
      method: "POST",
      body: JSON.stringify({ prompt, model: "gen2", options: { seconds: 5 } }) });
    const { data } = await made.json();
    const list = await (await fetch(`${gateway.url}/tasks.json`)).json();
    assert.equal(list.total, 1);
    assert.equal(list.tasks[0].id, data.task_id);
    assert.equal(list.tasks[0].prompt, prompt);
    assert.equal((await fetch(`${gateway.url}/tasks.json?page=0`)).status, 400);
  });
});

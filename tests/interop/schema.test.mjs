// `tarmac schema` says what `tarmac check` says: the recipes here, those that
// are sound, and those that are not.

import assert from "node:assert";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import Ajv from "ajv";
import { parse } from "yaml";

import { broken, sound } from "./broken.mjs";

const RECIPES = join(process.env.TARMAC_SOURCE_DIR, "recipes");
const dir = mkdtempSync(join(tmpdir(), "tarmac-schema-"));
after(() => rmSync(dir, { recursive: true }));

function tarmac(...words) {
  const env = { ...process.env, HOME: dir, XDG_CONFIG_HOME: dir };
  const child = spawnSync(join(process.env.TARMAC_BIN_DIR, "tarmac"), words,
    { cwd: dir, env, encoding: "utf8" });
  assert.notStrictEqual(child.status, 1, child.stderr);
  return child;
}

const schema = JSON.parse(tarmac("schema").stdout);
const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true,
  strictRequired: false, strictTypes: false });
const validate = ajv.compile(schema);

function valid(text) {
  const ok = validate(parse(text));
  return { ok, why: ajv.errorsText(validate.errors) };
}

// What `tarmac check` says of a recipe with this below its head.
function checked(text) {
  const file = join(dir, "r.yaml");
  writeFileSync(file, text);
  return tarmac("check", file);
}

test("one line is the same schema", () => {
  const line = tarmac("schema", "--json").stdout;
  assert.strictEqual(line.trimEnd().split("\n").length, 1);
  assert.deepStrictEqual(JSON.parse(line), schema);
});

test("it is a schema by the rules of draft 7", () => {
  assert.ok(ajv.validateSchema(schema), ajv.errorsText(ajv.errors));
  assert.strictEqual(schema.$schema, "http://json-schema.org/draft-07/schema#");
});

test("every recipe in recipes/ passes", () => {
  const names = readdirSync(RECIPES).filter((name) => /^[^.]+\.yaml$/.test(name));
  assert.ok(names.length >= 4);
  for (const name of names) {
    const { ok, why } = valid(readFileSync(join(RECIPES, name), "utf8"));
    assert.ok(ok, `${name}: ${why}`);
  }
});

test("what tarmac init writes passes", () => {
  assert.strictEqual(tarmac("init", "film", "--script").status, 0);
  const text = readFileSync(join(dir, "film.yaml"), "utf8");
  const [, path] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text);
  assert.deepStrictEqual(JSON.parse(readFileSync(join(dir, path), "utf8")), schema);
  const { ok, why } = valid(text);
  assert.ok(ok, why);
});

for (const [what, body] of sound)
  test(`sound: ${what}`, () => {
    const text = "tarmac: 1\n" + body;
    const { ok, why } = valid(text);
    assert.ok(ok, why);
    const child = checked(text);
    assert.strictEqual(child.status, 0, child.stderr);
  });

for (const [what, body] of broken)
  test(`broken: ${what}`, () => {
    const text = "tarmac: 1\n" + body;
    assert.ok(!valid(text).ok, "the schema takes it");
    const child = checked(text);
    assert.strictEqual(child.status, 3, `tarmac check takes it: ${child.stdout}`);
  });

for (const [what, text] of [
  ["no format", "request: {prompt: a pier}\n"],
  ["another format", "tarmac: 2\nrequest: {prompt: a pier}\n"],
  ["a format in quotes", "tarmac: '1'\nrequest: {prompt: a pier}\n"],
  ["a list", "- tarmac: 1\n"],
  ["a text", "tarmac\n"],
])
  test(`broken: ${what}`, () => {
    assert.ok(!valid(text).ok, "the schema takes it");
    assert.strictEqual(checked(text).status, 3);
  });

test("the configuration has a schema, too", () => {
  const config = ajv.compile(JSON.parse(tarmac("schema", "config").stdout));
  const good = parse(`
keys:
  https://api.example.com: {env: A_KEY}
  https://b.example.com: {command: [pass, show, b], timeout: 5m}
gateways:
  a: {url: "https://api.example.com", dialect: reverse, headers: {X-A: b}, insecure: false}
`);
  assert.ok(config(good), ajv.errorsText(config.errors));
  for (const text of ["keys: {https://a.example: a-key}", "keys: {https://a.example: {key: a}}",
    "keys: {https://a.example/path: {env: A}}", "gateway: {}",
    "gateways: {a: {url: 'https://a.example', key: b}}"])
    assert.ok(!config(parse(text)), text);
});

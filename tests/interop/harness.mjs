// A gateway of its own for each suite, and things to send it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as zlib from "node:zlib";

export const KEY = "an-interop-key";

export async function startGateway(...options) {
  const dir = mkdtempSync(join(tmpdir(), "tarmac-interop-"));
  const child = spawn(join(process.env.TARMAC_BIN_DIR, "tarmac"),
    ["gateway", "--listen", "127.0.0.1:0", "--draft", "--data", join(dir, "data"),
      ...options],
    { stdio: ["ignore", "pipe", openSync(join(dir, "log"), "a")] });
  const [line] = await once(createInterface(child.stdout), "line");
  const url = /http:\/\/\S+/.exec(line)[0];
  return {
    url, dir,
    // Its end is part of each suite: the sanitizers speak there.
    async stop() {
      child.kill("SIGTERM");
      const [code] = await once(child, "exit");
      rmSync(dir, { recursive: true });
      if (code !== 0) throw new Error(`the gateway ended with ${code}`);
    },
  };
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// Asks until `wanted` of the answer holds; the last answer.
export async function until(ask, wanted, ms = 20000) {
  const end = Date.now() + ms;
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (Date.now() > end) throw new Error(`not reached: ${JSON.stringify(answer)}`);
    await sleep(100);
  }
}

// A server that answers every request with these bytes.
export async function startServer(type, bytes) {
  const server = createServer((request, answer) => {
    answer.writeHead(200, { "Content-Type": type, "Content-Length": bytes.length });
    answer.end(request.method === "HEAD" ? undefined : bytes);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${server.address().port}/picture.png`,
    stop: () => { server.closeAllConnections(); server.close(); } };
}

// --- a picture

function crc32(bytes) {
  if (zlib.crc32) return zlib.crc32(bytes);
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc >>> 0;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

// A PNG with colours that run from corner to corner.
export function picture(width = 320, height = 180) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      rows.set([x & 255, y & 255, (x + y) & 255], y * (width * 3 + 1) + 1 + x * 3);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", head), chunk("IDAT", zlib.deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0))]);
}

export const dataUri = (bytes) => `data:image/png;base64,${bytes.toString("base64")}`;

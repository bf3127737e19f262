import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { crc32, Random, toBytes } from "../../src/base/mod.ts";
import { fastCrc32 } from "../../src/io/checksum.ts";
import { DirectoryLockedError, lockFileName } from "../../src/io/directory_lock.ts";
import { DirectoryNotWritableError, openDirectory } from "../../src/io/disk.ts";
import { testDirectory } from "../contracts/directory_contract.ts";
import { environment, frameOf, openLog, textsOf } from "./log_kit.ts";

async function withPath(use: (path: string) => Promise<void>): Promise<void> {
  const path = await mkdtemp(join(tmpdir(), "grapevine-disk-"));
  try {
    await use(path);
  } finally {
    await rm(path, { recursive: true });
  }
}

async function rejection(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("it was expected to fail");
}

testDirectory(test, "the real directory", (use) =>
  withPath(async (path) => {
    const owned = await openDirectory(join(path, "data"));
    // The lock file is beside the point of the contract.
    await use(await owned.directory("inner"));
    await owned[Symbol.asyncDispose]();
  }),
);

test("openDirectory() creates missing parents and gives the lock back when disposed of", () =>
  withPath(async (path) => {
    for (let round = 0; round < 2; round++) {
      const directory = await openDirectory(join(path, "a/b/c"));
      assert.equal(await readdir(join(path, "a/b/c")), [lockFileName]);
      await directory[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    }
    assert.equal(await readdir(join(path, "a/b/c")), []);
  }));

test("openDirectory() refuses a directory that this process has open, naming the holder", () =>
  withPath(async (path) => {
    const directory = await openDirectory(path);
    const error = await rejection(openDirectory(path));
    assert.instance(error, DirectoryLockedError);
    assert.is(error.code, "DIRECTORY_LOCKED");
    assert.match(error.message, `process ${process.pid} on host ${hostname()} since 20`);
    await directory[Symbol.asyncDispose]();
    await (await openDirectory(path))[Symbol.asyncDispose]();
  }));

test("openDirectory() lets one of many that race have a stale lock", () =>
  withPath(async (path) => {
    await writeFile(join(path, lockFileName), holderText({ pid: 2 ** 22 + 1 }));
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => openDirectory(path)));
    const opened = results.filter((result) => result.status === "fulfilled");
    assert.is(opened.length, 1);
    for (const result of opened) await result.value[Symbol.asyncDispose]();
    assert.equal(await readdir(path), []);
  }));

for (const [what, text] of [
  ["of a process that is gone", holderText({ pid: 2 ** 22 + 1 })],
  ["of a process whose id another one has now", holderText({ pid: process.pid, incarnation: "another/1" })],
  ["that is no text of ours", "\0\0\0"],
  ["that is empty", ""],
] as const) {
  test(`openDirectory() takes over a lock ${what}`, () =>
    withPath(async (path) => {
      await writeFile(join(path, lockFileName), text);
      const directory = await openDirectory(path);
      const { pid } = JSON.parse(await readFile(join(path, lockFileName), "utf8"));
      assert.is(pid, process.pid);
      await directory[Symbol.asyncDispose]();
    }));
}

test("openDirectory() believes a lock from another host, and says what to do", () =>
  withPath(async (path) => {
    await writeFile(join(path, lockFileName), holderText({ pid: 1, host: "elsewhere.example" }));
    const error = await rejection(openDirectory(path));
    assert.instance(error, DirectoryLockedError);
    assert.match(error.message, "process 1 on host elsewhere.example");
    assert.match(error.message, `remove ${join(path, lockFileName)}`);
  }));

test("openDirectory() says clearly when the path cannot be a directory", () =>
  withPath(async (path) => {
    await writeFile(join(path, "file"), "");
    for (const bad of [join(path, "file"), join(path, "file/below"), "/proc/grapevine"]) {
      const error = await rejection(openDirectory(bad));
      assert.instance(error, DirectoryNotWritableError);
      assert.is(error.code, "DIRECTORY_NOT_WRITABLE");
      assert.match(error.message, `Cannot use data directory ${bad}: `);
    }
  }));

test("Log on a real disk holds what it acknowledged over a stop without a word, and over a clean one", () =>
  withPath(async (path) => {
    const options = { segmentBytesMax: 65_536, checksum: fastCrc32 };
    const expected: string[] = [];
    for (let life = 0; life < 4; life++) {
      const directory = await openDirectory(path);
      const { log, events } = await openLog(directory, options, {
        ...environment(),
        soon: (callback) => void setImmediate(callback),
      });
      const topic = await log.openTopic("t");
      assert.equal(await textsOf(topic), expected);
      const values = Array.from({ length: 200 }, (_, index) => `${life}/${index} ${"x".repeat(index * 5)}`);
      await Promise.all(values.map((value) => topic.produce(frameOf([value]))));
      expected.push(...values);
      assert.equal(await textsOf(topic), expected);
      assert.is(events.filter((event) => event.type === "torn-tail").length, 0);
      // Every other life ends like a killed process: the files stay as they are.
      if (life % 2 === 0) await log[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    }
  }));

test("fastCrc32() equals the portable checksum at every length and seed", () => {
  const random = new Random(1);
  for (let length = 0; length < 600; length++) {
    const bytes = random.bytes(length);
    assert.is(fastCrc32(bytes), crc32(bytes), `length ${length}`);
    assert.is(fastCrc32(bytes, 12345), crc32(bytes, 12345), `length ${length} with a seed`);
  }
  assert.is(fastCrc32(toBytes("123456789")), 0xcbf43926);
});

function holderText(holder: { pid: number; host?: string; incarnation?: string }): string {
  const since = "2020-01-01T00:00:00.000Z";
  return JSON.stringify({ host: hostname(), incarnation: "boot/1", ...holder, since });
}

test.run();

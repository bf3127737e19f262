import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random, toBytes, toText } from "../../src/base/mod.ts";
import type { LogFile } from "../../src/log/mod.ts";
import { type CrashMode, SimulatedDisk } from "../../src/testing/disk.ts";
import { testDirectory } from "../contracts/directory_contract.ts";

testDirectory(test, "the simulated directory", (use) => use(new SimulatedDisk().mount()));

async function errorCode(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return (error as { code: string }).code;
  }
  return "none";
}

/** A disk with a file whose first 2,000 bytes are synced "s" and whose next 2,000 are unsynced "u". */
async function writtenDisk(): Promise<{ disk: SimulatedDisk; file: LogFile }> {
  const disk = new SimulatedDisk();
  const directory = disk.mount();
  const file = await directory.open("file");
  file.write(0, [toBytes("s".repeat(2_000))]);
  await file.sync();
  await directory.sync();
  file.write(2_000, [toBytes("u".repeat(2_000))]);
  return { disk, file };
}

test("crash(keep) keeps what was written, but a later power cut still loses it", async () => {
  const { disk } = await writtenDisk();
  disk.crash("keep", new Random(1));
  assert.is(disk.peek("file").length, 4_000);
  disk.crash("lose-unsynced", new Random(1));
  assert.is(disk.peek("file").length, 2_000);
});

test("crash(lose-unsynced) loses files whose names were not synced", async () => {
  const disk = new SimulatedDisk();
  const directory = disk.mount();
  const file = await directory.open("file");
  file.write(0, [toBytes("text")]);
  await file.sync();
  disk.crash("lose-unsynced", new Random(1));
  assert.equal(disk.paths(), []);
});

test("crash(reorder-unsynced) keeps synced bytes and any subset of the others' sectors", async () => {
  const lengths = new Set<number>();
  let holes = 0;
  for (let seed = 0; seed < 200; seed++) {
    const { disk } = await writtenDisk();
    disk.crash("reorder-unsynced", new Random(seed));
    const text = toText(disk.peek("file"));
    lengths.add(text.length);
    assert.is(text.slice(0, 2_000), "s".repeat(2_000));
    assert.match(text.slice(2_000), /^[u\0]*$/);
    if (/\0u/.test(text)) holes++;
  }
  assert.ok(lengths.size > 20, `${lengths.size} lengths`);
  assert.ok(holes > 20, `${holes} files with holes`);
});

test("crash(tear-last-write) cuts the last write and nothing before it", async () => {
  const lengths = new Set<number>();
  for (let seed = 0; seed < 100; seed++) {
    const { disk } = await writtenDisk();
    disk.crash("tear-last-write", new Random(seed));
    const text = toText(disk.peek("file"));
    assert.match(text, /^s{2000}u*$/);
    lengths.add(text.length);
  }
  assert.ok(lengths.size > 50, `${lengths.size} lengths`);
});

test("crash() leaves what was synced alone, in every mode", async () => {
  for (const mode of ["keep", "lose-unsynced", "reorder-unsynced", "tear-last-write"] satisfies CrashMode[]) {
    for (let seed = 0; seed < 20; seed++) {
      const { disk, file } = await writtenDisk();
      await file.sync();
      disk.crash(mode, new Random(seed));
      assert.is(disk.peek("file").length, 4_000, mode);
    }
  }
});

test("crash(mix-unsynced) loses, keeps or scatters what is unsynced", async () => {
  const kept = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const { disk } = await writtenDisk();
    disk.crash("mix-unsynced", new Random(seed));
    const text = toText(disk.peek("file"));
    assert.is(text.slice(0, 2_000), "s".repeat(2_000));
    const unsynced = text.slice(2_000);
    kept.add(/^\0*$/.test(unsynced) ? "none" : /\0/.test(unsynced) ? "some" : "all");
  }
  assert.equal([...kept].sort(), ["all", "none", "some"]);
});

test("a fork is in the same state, what is unsynced included, and goes its own way", async () => {
  const { disk, file } = await writtenDisk();
  const directory = disk.mount();
  await directory.open("unsynced name");
  const fork = disk.fork();
  fork.write("file", 4_000, toBytes("f"));
  assert.is(file.size, 4_000);
  fork.crash("keep", new Random(1));
  assert.is(toText(fork.peek("file").subarray(3_999)), "uf");
  assert.equal(fork.paths(), ["file", "unsynced name"]);
  fork.crash("lose-unsynced", new Random(1));
  assert.is(fork.peek("file").length, 2_000);
  await file.sync();
  disk.crash("lose-unsynced", new Random(1));
  assert.is(disk.peek("file").length, 4_000);
});

test("onStep hears of each step before it takes effect", async () => {
  const disk = new SimulatedDisk();
  const steps: string[] = [];
  disk.onStep = ({ operation, path, at, bytes }) => {
    const size = disk.paths().includes(path) ? disk.peek(path).length : "none";
    steps.push(`${operation} ${path} ${at} ${bytes.length} (${size})`);
  };
  const directory = await disk.mount().directory("inner");
  const file = await directory.open("file");
  file.write(0, [toBytes("ab"), toBytes("c")]);
  await file.sync();
  await file.truncate(1);
  await directory.replaceFile("small", toBytes("x"));
  await directory.remove("file");
  await directory.sync();
  assert.equal(steps, [
    "create inner/file 0 0 (none)",
    "write inner/file 0 3 (0)",
    "sync inner/file 0 0 (3)",
    "truncate inner/file 0 0 (3)",
    "replace inner/small 0 0 (none)",
    "remove inner/file 0 0 (1)",
    "sync-names inner/ 0 0 (none)",
  ]);
});

test("crash() ends the life of every handle", async () => {
  const { disk, file } = await writtenDisk();
  const directory = disk.mount();
  disk.crash("keep", new Random(1));
  assert.is(await errorCode(file.read(0, 1)), "ESTALE");
  assert.is(await errorCode(directory.list()), "ESTALE");
  assert.throws(() => file.write(0, [toBytes("x")]), "ESTALE");
  assert.equal(await disk.mount().list(), ["file"]);
});

test("a sync on its way when the machine stops carries nothing", async () => {
  const { disk, file } = await writtenDisk();
  let release: () => void = () => {};
  disk.pause = () => new Promise((resolve) => (release = resolve));
  const syncing = errorCode(file.sync());
  disk.crash("lose-unsynced", new Random(1));
  release();
  assert.is(await syncing, "ESTALE");
  assert.is(disk.peek("file").length, 2_000);
});

test("a failed sync forgets its pages: the next one does not carry them", async () => {
  const { disk, file } = await writtenDisk();
  disk.failNext("sync", "EIO");
  assert.is(await errorCode(file.sync()), "EIO");
  await file.sync();
  disk.crash("lose-unsynced", new Random(1));
  assert.not.match(toText(disk.peek("file")), "u");
});

test("a full disk takes a part of a write and says ENOSPC until there is room", async () => {
  const { disk, file } = await writtenDisk();
  disk.bytesMax = 5_000;
  assert.throws(() => file.write(4_000, [toBytes("x".repeat(3_000))]), "ENOSPC");
  assert.is(file.size, 5_000);
  await file.truncate(4_000);
  disk.bytesMax = 8_000;
  file.write(4_000, [toBytes("x".repeat(3_000))]);
  assert.is(file.size, 7_000);
});

test.run();

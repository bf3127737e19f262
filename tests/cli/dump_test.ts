import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openDirectory } from "../../src/io/disk.ts";
import { environment, frameOf, openLog } from "../log/log_kit.ts";
import { run } from "./processes.ts";

type Line = Readonly<Record<string, string | number>>;

async function dumped(path: string): Promise<Line[]> {
  const { stdout } = await run(["dump", path, "--format", "json"]);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
}

/** Every kind of file that a log leaves. */
async function withFiles(use: (path: string, writer: string) => Promise<void>): Promise<void> {
  const path = mkdtempSync(join(tmpdir(), "grapevine-dump-"));
  try {
    const directory = await openDirectory(path);
    const options = { segmentBytesMax: 65_536, journalTopicsMin: 1, retention: { segmentsMax: 2 } };
    const { log } = await openLog(directory, options, environment());
    const topic = await log.openTopic("t");
    for (let index = 0; index < 40; index++) await topic.produce(frameOf([`${index} ${"x".repeat(6_000)}`]));
    await topic.retain();
    await log[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
    await use(path, log.writer);
  } finally {
    rmSync(path, { recursive: true });
  }
}

test("dump shows every kind of file", () =>
  withFiles(async (path, writer) => {
    assert.equal(await dumped(join(path, "writer")), [{ kind: "writer", at: 0, writer, fsync: "always" }]);
    const [floor, feed] = (await dumped(join(path, "topics/t/floor"))) as [Line, Line];
    assert.is(floor["kind"], "floor");
    assert.is(feed["have"], floor["offset"], "one feed, so that sequences follow offsets");
    const [clean] = (await dumped(join(path, "clean-stop"))) as [Line];
    const last = String(clean["baseOffset"]).padStart(20, "0");
    const frames = await dumped(join(path, `topics/t/${last}.log`));
    assert.is(frames.length, 40 - Number(clean["baseOffset"]));
    assert.is(frames[0]?.["kind"], "frame");
    assert.is(frames[0]?.["writer"], writer);
    assert.is(frames[0]?.["baseOffset"], clean["baseOffset"]);
    const [index, below, indexed] = (await dumped(join(path, `topics/t/${last}.index`))) as [Line, Line, Line];
    assert.is(index["nextOffset"], 40);
    assert.equal([below["kind"], below["have"]], ["index-below", Number(last)]);
    assert.is(indexed["last"], 40);
    const [journal] = (await dumped(join(path, "journal/0"))) as [Line];
    assert.is(journal["kind"], "journal");
    assert.ok(Number(journal["voidThrough"]) > 0);
    const { stdout, code } = await run(["dump", join(path, "writer")]);
    assert.is(code, 0);
    assert.match(stdout, `writer writer=${writer} fsync=always`);
  }));

test("dump tells of damage, goes on behind it, and fails", () =>
  withFiles(async (path) => {
    const [clean] = (await dumped(join(path, "clean-stop"))) as [Line];
    const file = join(path, `topics/t/${String(clean["baseOffset"]).padStart(20, "0")}.log`);
    const before = (await dumped(file)).length;
    const bytes = readFileSync(file);
    bytes[500] = (bytes[500] as number) ^ 1;
    writeFileSync(file, bytes);
    const { code, stdout, stderr } = await run(["dump", file]);
    assert.is(code, 1);
    assert.match(stdout, "0 damage reason=the payload's checksum does not match");
    assert.is(stdout.trimEnd().split("\n").length, before, "one damage in the place of one frame");
    assert.match(stderr, "it is damaged");
    const other = await run(["dump", join(path, "nothing")]);
    assert.is(other.code, 1);
    writeFileSync(join(path, "text"), "some text");
    assert.match((await run(["dump", join(path, "text")])).stderr, "of no file that a node writes");
  }));

test.run();

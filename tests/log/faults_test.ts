// What a disk can refuse, on a real one: each refusal fails its own append, reads go on, and a well disk heals all.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/base/mod.ts";
import { openDirectory } from "../../src/io/disk.ts";
import type { Log, LogOptions, TopicLog } from "../../src/log/mod.ts";
import { testDirectory } from "../contracts/directory_contract.ts";
import { Faults, FaultyDirectory, type FaultyOperation } from "../contracts/faulty_directory.ts";
import { environment, frameOf, openLog, rejection, textsOf } from "./log_kit.ts";

async function withPath(use: (path: string) => Promise<void>): Promise<void> {
  const path = await mkdtemp(join(tmpdir(), "grapevine-faults-"));
  try {
    await use(path);
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

async function withLog(
  path: string,
  options: LogOptions,
  use: (log: Log, faults: Faults) => Promise<void>,
): Promise<void> {
  const faults = new Faults();
  const directory = await openDirectory(path);
  const { log } = await openLog(
    new FaultyDirectory(directory, faults),
    options,
    environment(new Random(Math.random())),
  );
  try {
    await use(log, faults);
  } finally {
    faults.heal();
    await log[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  }
}

testDirectory(test, "the directory that faults are injected into", (use) =>
  withPath(async (path) => {
    const directory = await openDirectory(join(path, "data"));
    await use(new FaultyDirectory(await directory.directory("inner"), new Faults()));
    await directory[Symbol.asyncDispose]();
  }),
);

interface Row {
  readonly operation: FaultyOperation;
  readonly code: string;
  readonly share?: number;
}

const rows: readonly Row[] = [
  { operation: "write", code: "ENOSPC" },
  { operation: "write", code: "ENOSPC", share: 0.5 },
  { operation: "write", code: "EIO", share: 0.99 },
  { operation: "sync", code: "EIO" },
  { operation: "truncate", code: "EIO" },
  { operation: "open", code: "EACCES" },
  { operation: "open", code: "ENOENT" },
  { operation: "names", code: "EIO" },
];

for (const journalTopicsMin of [1, 100]) {
  for (const fsync of ["always", "interval", "never"] as const) {
    if (journalTopicsMin === 1 && fsync !== "always") continue;
    test(`what a disk refuses under ${fsync} is never acknowledged, and nothing else is lost (journal from ${journalTopicsMin})`, () =>
      withPath(async (path) => {
        const acknowledged = new Map<string, string[]>();
        const refused: string[] = [];
        const options = { fsync, journalTopicsMin, journalBytesMax: 65_536, segmentBytesMax: 65_536 };
        for (const [index, { operation, code, share = 0 }] of rows.entries()) {
          await withLog(path, options, async (log, faults) => {
            const topics = await Promise.all(["a", "b", "c"].map((name) => log.openTopic(name)));
            const produce = async (topic: TopicLog, text: string): Promise<void> => {
              // Large enough that segments and the journal's files end within a row or two.
              await topic.produce(frameOf([text, "x".repeat(9_000)])).then(
                () => acknowledged.set(topic.name, [...(acknowledged.get(topic.name) ?? []), text]),
                (error: { code: string }) => {
                  assert.is(error.code, "LOG_WRITE_FAILED");
                  refused.push(text);
                },
              );
            };
            for (let step = 0; step < 9; step++) {
              if (step === 2) faults.fail(operation, code, { share, times: 3 });
              await Promise.all(topics.map((topic) => produce(topic, `${topic.name} ${index}/${step}`)));
              if (step === 5) faults.heal();
              for (const topic of topics) {
                const held = (await textsOf(topic)).filter((text) => text.length < 100);
                assert.equal(held, acknowledged.get(topic.name), `${operation} ${code}, step ${step}`);
              }
            }
          });
        }
        assert.ok(refused.length > 0, "some rows refuse something");
        await withLog(path, options, async (log) => {
          for (const topic of log.topics()) {
            const held = (await textsOf(topic)).filter((text) => text.length < 100);
            assert.equal(held, acknowledged.get(topic.name));
            assert.is(
              acknowledged.get(topic.name)?.at(-1),
              `${topic.name} ${rows.length - 1}/8`,
              "the last one got in",
            );
          }
        });
      }));
  }
}

test("a read that fails fails its reader alone", () =>
  withPath((path) =>
    withLog(path, {}, async (log, faults) => {
      const topic = await log.openTopic("t");
      for (let index = 0; index < 30; index++) await topic.produce(frameOf([`${index} ${"x".repeat(100_000)}`]));
      faults.fail("read", "EIO");
      assert.is((await rejection(topic.read(0, 1_000))).code, "EIO");
      assert.is((await textsOf(topic)).length, 30);
      assert.is((await topic.produce(frameOf(["more"]))).offset, 30);
    }),
  ));

test("a directory that vanished refuses appends at the latest when a segment is full, and never makes up an empty one", () =>
  withPath((path) =>
    withLog(path, { segmentBytesMax: 65_536 }, async (log) => {
      const topic = await log.openTopic("t");
      await topic.produce(frameOf(["first"]));
      await rm(join(path, "topics/t"), { recursive: true });
      let error: { code?: string } = {};
      for (let index = 0; index < 20 && error.code === undefined; index++) {
        await topic.produce(frameOf(["x".repeat(10_000)])).catch((thrown: { code: string }) => {
          error = thrown;
        });
      }
      assert.is(error.code, "LOG_WRITE_FAILED");
      assert.match(String(error), /ENOENT|was removed/);
      assert.is((await rejection(topic.produce(frameOf(["again"])))).code, "LOG_WRITE_FAILED");
    }),
  ));

for (const fsync of ["always", "never"] as const) {
  test(`a file that was removed takes no more appends after a second, long before its segment is full: ${fsync}`, () =>
    withPath((path) =>
      withLog(path, { fsync }, async (log) => {
        const topic = await log.openTopic("t");
        await topic.produce(frameOf(["first"]));
        await rm(join(path, "topics/t"), { recursive: true });
        const startMs = performance.now();
        let error: { code?: string } = {};
        while (error.code === undefined && performance.now() - startMs < 10_000) {
          await topic.produce(frameOf(["more"])).catch((thrown: { code: string }) => {
            error = thrown;
          });
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        assert.is(error.code, "LOG_WRITE_FAILED");
        assert.match(String(error), "the file was removed while it was open");
        assert.is((await rejection(topic.produce(frameOf(["again"])))).code, "LOG_WRITE_FAILED");
      }),
    ));
}

test.run();

/** Fills a small file system with records, makes room, and tells as JSON what it saw. Run by full_disk_test.ts. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { openDirectory } from "../../src/io/disk.ts";
import type { FsyncPolicy, TopicLog } from "../../src/log/mod.ts";
import { frameOf, openLog, textsOf } from "./log_kit.ts";

const [path, fsync, journalTopicsMin] = process.argv.slice(2) as [string, FsyncPolicy, string];
const ballast = join(path, "ballast");
const options = { fsync, journalTopicsMin: Number(journalTopicsMin), journalBytesMax: 262_144 };

async function main(): Promise<void> {
  writeFileSync(ballast, new Uint8Array(500_000));
  const directory = await openDirectory(join(path, "data"));
  const { log } = await openLog(directory, options);
  const topic = await log.openTopic("t");
  let acknowledged = 0;
  let refused = 0;
  let last: unknown;
  while (refused < 20) {
    await topic.produce(frameOf([`${acknowledged} ${"x".repeat(5_000)}`])).then(
      () => acknowledged++,
      (error: unknown) => {
        refused++;
        last = error;
      },
    );
  }
  const { code, message } = last as { code: string; message: string };
  const readWhileFull = (await textsOf(topic)).length;
  rmSync(ballast);
  const afterRoom = await topic.produce(frameOf(["room"])).then(
    () => true,
    () => false,
  );
  await log[Symbol.asyncDispose]();
  const { log: again } = await openLog(directory, options);
  const reopened = (await textsOf(again.topic("t") as TopicLog)).length;
  await again[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
  console.log(JSON.stringify({ acknowledged, refused, code, message, readWhileFull, afterRoom, reopened }));
}

await main();

// runtimes: bun, node (the bench runs on these two)
/** From samples to categories. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type CpuProfile, categoryOf, foldProfile } from "../../bench/profile/fold.ts";

const frame = (name: string, url = "") => ({ name, url });

test("categoryOf() names a sample by the innermost frame that says what is done", () => {
  const log = frame("append", "file:///project/src/log/segment.ts");
  const file = frame("write", "file:///project/src/io/disk_file.ts");
  const rows: readonly (readonly [category: string, stack: Parameters<typeof categoryOf>[0]])[] = [
    ["file: write and fsync (kernel)", [frame("writeSync"), file, log]],
    ["file: write and fsync (kernel)", [frame("writeBuffer"), frame("writeSync", "node:fs"), log]],
    ["HTTP/2, streams and sockets (runtime and kernel)", [frame("writev"), frame("_writev", "node:net"), log]],
    ["HTTP/2, streams and sockets (runtime and kernel)", [frame("", "internal:streams/writable")]],
    ["copies and new arrays of bytes", [frame("set"), log]],
    ["checksum", [frame("crc32"), log]],
    ["checksum", [frame("", "file:///project/src/base/crc32.ts"), log]],
    ["our code: log", [frame("Promise"), log]],
    ["the load itself", [frame("then"), frame("send", "file:///project/bench/profile/load.ts")]],
    ["metrics", [frame("inc", "file:///project/node_modules/prom-client/lib/counter.js"), log]],
    ["garbage collection", [frame("(garbage collector)")]],
    ["event loop, promises and the rest of the runtime", [frame("(program)")]],
  ];
  for (const [category, stack] of rows) assert.is(categoryOf(stack), category, JSON.stringify(stack));
});

test("foldProfile() counts the samples of the window, idle ones apart", () => {
  const callFrame = (functionName: string, url: string) => ({ functionName, url });
  const profile: CpuProfile = {
    nodes: [
      { id: 1, callFrame: callFrame("(root)", ""), children: [2, 3] },
      { id: 2, callFrame: callFrame("(idle)", "") },
      { id: 3, callFrame: callFrame("append", "file:///project/src/log/segment.ts"), children: [4] },
      { id: 4, callFrame: callFrame("crc32", "") },
    ],
    startTime: 1_000,
    samples: [3, 3, 4, 3, 2, 3, 4],
    timeDeltas: [0, 100, 100, 100, 100, 100, 100],
  };
  const { samples, idleShare, categories } = foldProfile(profile, { from: 1_100, to: 1_500 });
  assert.is(samples, 4);
  assert.is(idleShare, 0.2);
  assert.equal(categories, [
    { name: "our code: log", share: 0.75 },
    { name: "checksum", share: 0.25 },
  ]);
});

test.run();

// timeout: 300
// needs: serf
// topics: discovery
// runtimes: bun (compression is the same code on all runtimes; npm run test:long repeats all of it on two)
/** Joins, tags and events once more, with agents that were told not to compress; `uncompressed_long_test.ts` has the rest. */
import "./without_compression.ts";
import "./joining_test.ts";
import "./news_test.ts";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { isCompressed, Processes, until } from "./processes.ts";

test("agents of this run were told not to compress", async () => {
  assert.not(isCompressed());
  await using processes = new Processes();
  const agent = await processes.serf("alpha");
  await until("it says so", () => /Message Compression Enabled: false/.test(agent.log));
});

test.run();

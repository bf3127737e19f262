// runtimes: bun (it is the node's memory that counts, and the reading is the same code on all runtimes)
// timeout: 120
import { test } from "uvu";
import { producePastStalledReaders } from "./stalled_readers.ts";

test("readers who stall cost a node their own buffers, and hear what they missed when they read on", () =>
  producePastStalledReaders(120_000_000));

test.run();

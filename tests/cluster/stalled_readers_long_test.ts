// long
// runtimes: bun (gigabytes on one runtime are enough: the reading is the same code on all)
// timeout: 900
import { test } from "uvu";
import { producePastStalledReaders } from "./stalled_readers.ts";

test("gigabytes pass readers who stall, in the same memory", () => producePastStalledReaders(5_000_000_000));

test.run();

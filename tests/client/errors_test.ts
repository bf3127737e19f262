// runtimes: bun (words alone)
/** What errors say. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { NotReplicatedError } from "../../src/client/mod.ts";

const place = { offset: 7, writer: "00112233445566ff", sequence: 8, token: "" };

for (const [holders, lacking, known] of [
  [["alder"], ["birch", "cedar"], "alder hold it durably so far, birch, cedar not"],
  [["alder"], [], "alder hold it durably so far, no other node that is to hold it is known"],
  [[], ["alder"], "none hold it durably so far, alder not"],
] as const) {
  test(`NotReplicatedError says who holds a record and who does not: ${known}`, () => {
    const { message } = new NotReplicatedError(place, 4, { holders, lacking });
    assert.is(message, `Cannot acknowledge offset 7 by 4 nodes: ${known}; it is stored`);
  });
}

test.run();

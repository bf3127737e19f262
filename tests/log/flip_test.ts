// The short form of `npm run crash -- flips`: bytes of each file change, and nobody is served what was not stored.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type FlipOutcome, flipEveryByte } from "../../scripts/crashes/flips.ts";

test("a changed byte of any file is found, told or of no account, and never served", async () => {
  const rows = await flipEveryByte({ everyBytes: 61 });
  const outcomes = new Map(rows.map(({ scene, file, outcomes }) => [`${scene}: ${file}`, [...outcomes.keys()].sort()]));
  const expected: Record<string, readonly FlipOutcome[]> = {
    "stopped: topics/t/00000000000000000009.log": ["refused at reading, found by the scrub"],
    "stopped: topics/t/00000000000000000009.index": ["index made again"],
    "stopped: topics/t/00000000000000000018.log": ["refused at opening"],
    "stopped: topics/t/00000000000000000018.index": ["index made again"],
    "stopped: topics/t/floor": ["refused at opening"],
    "stopped: writer": ["new writer"],
    "stopped: clean-stop": ["counts as an unclean stop"],
    "killed: topics/t/00000000000000000000.log": ["cut off as a torn tail, told", "refused at opening"],
    "killed: writer": ["new writer"],
    "killed, with a journal: journal/0": [
      "not replayed: looks like a commit that was cut off",
      "refused at opening",
      "says nothing that counts",
    ],
    "killed, with a journal: journal/1": ["says nothing that counts"],
  };
  assert.equal(Object.fromEntries(outcomes), expected);
});

test.run();

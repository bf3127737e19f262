/** The table of docs/membership.md, "Which way is broken", row by row. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { diagnose, type PathFacts, type PathVerdict } from "../../src/gossip/diagnosis.ts";

const well: PathFacts = {
  state: "alive",
  answered: 9,
  missedInRow: 0,
  lateInRow: 0,
  isHeard: true,
  tcp: "unknown",
  isReachedByOthers: false,
  tested: "unknown",
  isAnybodyHeard: true,
  answersOfOthers: "works",
  answerMsMax: 500,
};

/** Two pings lost in a row, and nothing else that came. */
const silent: Partial<PathFacts> = { missedInRow: 2, isHeard: false, isAnybodyHeard: false, answersOfOthers: "lost" };

const rows: readonly (readonly [what: string, facts: Partial<PathFacts>, verdict: PathVerdict, cause: RegExp])[] = [
  ["it answers", {}, "ok", /^it answers$/],
  ["one ping was lost", { missedInRow: 1 }, "ok", /^it answers$/],
  ["one answer was late", { lateInRow: 1 }, "ok", /^it answers$/],
  ["two answers were late", { lateInRow: 2 }, "slow", /later than after 500 ms/],
  ["nothing was tried", { answered: 0 }, "unknown", /not probed yet/],
  ["the first ping was lost", { answered: 0, missedInRow: 1 }, "unknown", /first answer is still missing/],
  ["it left", { state: "left", missedInRow: 5 }, "unknown", /^it left$/],
  ["others say that it is dead", { state: "dead" }, "unreachable", /others declared it failed/],
  ["it is heard, and so are all", { missedInRow: 2 }, "udp-out", /allow UDP to come in there/],
  ["it is heard, helpers reach it", { missedInRow: 2, isReachedByOthers: true }, "udp-out", /the way from here to it/],
  ["it is heard, nobody else was pinged", { missedInRow: 2, answersOfOthers: "unknown" }, "udp-out", /not known yet/],
  [
    "it is heard, nobody answers",
    { missedInRow: 2, answersOfOthers: "lost" },
    "udp-out",
    /allow this node to send UDP/,
  ],
  [
    "a test arrived, others are heard",
    { ...silent, tested: "works", isAnybodyHeard: true },
    "udp-in",
    /allow it to send UDP/,
  ],
  [
    "a test arrived, helpers reach it",
    { ...silent, tested: "works", isAnybodyHeard: true, isReachedByOthers: true },
    "udp-in",
    /the way from it to here/,
  ],
  ["a test arrived, nobody is heard", { ...silent, tested: "works" }, "udp-in", /allow UDP to come in here/],
  ["TCP works, a test was lost", { ...silent, tcp: "works", tested: "lost" }, "tcp-only", /in either direction/],
  ["TCP works, nothing was tested", { ...silent, tcp: "works" }, "tcp-only", /not known yet/],
  [
    "helpers reach it, TCP does not",
    { ...silent, tcp: "lost", isReachedByOthers: true },
    "unreachable",
    /between the two/,
  ],
  ["nothing reaches it", { ...silent, tcp: "lost" }, "unreachable", /nor those asked to help/],
  ["nothing reaches it, and it is dead", { ...silent, tcp: "lost", state: "dead" }, "unreachable", /nor those asked/],
];

for (const [what, facts, verdict, cause] of rows) {
  test(`${what}: ${verdict}`, () => {
    const found = diagnose({ ...well, ...facts });
    assert.is(found.verdict, verdict);
    assert.match(found.cause, cause);
    assert.not.match(found.cause, /\.$/);
  });
}

test.run();

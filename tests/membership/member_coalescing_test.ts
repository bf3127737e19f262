// topics: discovery
/** What listeners hear of members when it is held back for a while: the last of each, together, once. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Member, MemberCoalescer, type MemberEventType, type MemberStatus } from "../../src/membership/mod.ts";

const statuses: Readonly<Record<MemberEventType, MemberStatus>> = {
  "member-join": "alive",
  "member-update": "alive",
  "member-failed": "failed",
  "member-leave": "left",
  "member-reap": "left",
};

function member(name: string, status: MemberStatus, tag = "1"): Member {
  const address = { host: "10.0.0.1", port: 7946 };
  return { name, address, tags: new Map([["t", tag]]), status, incarnation: 1 };
}

/** A coalescer of Serf's periods on time that the test moves; `said` is what came out, with its time. */
class Lab {
  readonly said: string[] = [];
  readonly machine: MemberCoalescer;
  nowMs = 0;

  constructor(known: readonly Member[] = [], windowMs = 3_000) {
    this.machine = new MemberCoalescer({ windowMs, quietMs: 1_000 }, known);
  }

  tell(type: MemberEventType, name: string, tag?: string): void {
    this.#take(
      this.machine.step({ type: "event", event: { type, member: member(name, statuses[type], tag) } }, this.nowMs),
    );
  }

  run(durationMs: number): void {
    const endMs = this.nowMs + durationMs;
    while (this.machine.wakeAtMs <= endMs) {
      this.nowMs = this.machine.wakeAtMs;
      this.#take(this.machine.step({ type: "wake" }, this.nowMs));
    }
    this.nowMs = endMs;
  }

  #take(effects: ReturnType<MemberCoalescer["step"]>): void {
    for (const { batch } of effects) {
      const members = batch.members.map(({ name, tags }) => `${name}${tags.get("t")}`);
      this.said.push(`${this.nowMs} ${batch.type} ${members.join(" ")}`);
    }
  }
}

test("members to whom the same happens are told together, after a quiet second", () => {
  const lab = new Lab();
  lab.tell("member-join", "a");
  lab.run(900);
  lab.tell("member-failed", "b");
  lab.tell("member-join", "c");
  lab.run(5_000);
  assert.equal(lab.said, ["1900 member-join a1 c1", "1900 member-failed b1"]);
});

test("a stream of changes is told every three seconds at the latest", () => {
  const lab = new Lab();
  for (let index = 0; index < 10; index++) {
    lab.tell("member-join", String.fromCharCode(97 + index));
    lab.run(500);
  }
  lab.run(5_000);
  assert.equal(lab.said, ["3000 member-join a1 b1 c1 d1 e1 f1", "5500 member-join g1 h1 i1 j1"]);
});

test("of each member the last change counts, and flaps are not spoken of", () => {
  const rows: [MemberEventType[], string[]][] = [
    [["member-failed", "member-join"], []],
    [["member-failed", "member-join", "member-failed"], ["1000 member-failed a1"]],
    [["member-update", "member-failed"], ["1000 member-failed a1"]],
    [["member-failed", "member-reap"], ["1000 member-reap a1"]],
    [["member-update", "member-update"], ["1000 member-update a1"]],
  ];
  for (const [changes, expected] of rows) {
    const lab = new Lab([member("a", "alive")]);
    for (const change of changes) lab.tell(change, "a");
    lab.run(5_000);
    assert.equal(lab.said, expected, changes.join());
  }
});

test("who joins and changes at once has joined as it is now; who comes back as another has changed", () => {
  const lab = new Lab([member("old", "alive")]);
  lab.tell("member-join", "new");
  lab.tell("member-update", "new", "2");
  lab.tell("member-failed", "old");
  lab.tell("member-join", "old", "9");
  lab.run(5_000);
  assert.equal(lab.said, ["1000 member-join new2", "1000 member-update old9"]);
});

test("nothing is told again with what comes later, but every update is told", () => {
  const lab = new Lab();
  lab.tell("member-join", "a");
  lab.tell("member-update", "b", "2");
  lab.run(2_000);
  lab.tell("member-join", "c");
  lab.run(2_000);
  lab.tell("member-failed", "a");
  lab.tell("member-update", "b", "2");
  lab.run(2_000);
  lab.tell("member-failed", "a");
  lab.run(2_000);
  lab.tell("member-reap", "a");
  lab.run(2_000);
  lab.tell("member-join", "a");
  lab.run(2_000);
  assert.equal(
    lab.said.map((line) => line.split(" ").slice(1).join(" ")),
    [
      "member-join a1",
      "member-update b2",
      "member-join c1",
      "member-failed a1",
      "member-update b2",
      "member-reap a1",
      "member-join a1",
    ],
  );
});

test("without a window each change is told at once", () => {
  const lab = new Lab([], 0);
  lab.tell("member-join", "a");
  lab.tell("member-failed", "a");
  lab.tell("member-failed", "a");
  assert.equal(lab.said, ["0 member-join a1", "0 member-failed a1", "0 member-failed a1"]);
});

test("more members than may wait are told before their time", () => {
  const lab = new Lab();
  for (let index = 0; index <= 4_096; index++) lab.tell("member-join", `n${index}-`);
  assert.is(lab.said.length, 1);
  assert.is(lab.said[0]?.split(" ").length, 2 + 4_097);
  lab.run(10_000);
  assert.is(lab.said.length, 1);
});

test.run();

/** Serf's rules of statuses, row by row. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { NodeSnapshot } from "../../src/gossip/mod.ts";
import { LamportClock } from "../../src/membership/lamport.ts";
import type { MemberEvent } from "../../src/membership/mod.ts";
import { Roster } from "../../src/membership/roster.ts";

const node = (name: string): NodeSnapshot => ({
  name,
  address: { host: "127.0.0.1", port: 7001 },
  meta: Uint8Array.of(0xff, 0x80),
  versions: Uint8Array.of(1, 5, 2, 2, 5, 4),
  incarnation: 1,
  addressBytes: Uint8Array.of(127, 0, 0, 1),
  state: "alive",
});

interface Fixture {
  readonly roster: Roster;
  readonly clock: LamportClock;
  readonly events: string[];
}

function empty(): Fixture {
  const events: string[] = [];
  const clock = new LamportClock();
  const note = ({ type, member }: MemberEvent) => events.push(`${type} ${member.name}`);
  return { roster: new Roster(node("self"), clock, note), clock, events };
}

/** A roster that knows `n`, whose last intent was at 5, with this status. */
function knowing(status: string): Fixture {
  const fixture = empty();
  const { roster, events } = fixture;
  if (status === "unknown") return fixture;
  roster.joined(node("n"));
  roster.joinIntent({ type: "join", lamport: 5, node: "n" }, 0);
  if (status === "failed") roster.gone(node("n"), 0);
  if (status === "leaving" || status === "left") {
    // One less, so that the row's times compare with 5 in every status.
    roster.leaveIntent({ type: "leave", lamport: 6, node: "n", prune: false }, 0);
  }
  if (status === "left") roster.gone(node("n"), 0);
  events.length = 0;
  return fixture;
}

const times = (lamports: { readonly [name: string]: number }) => new Map(Object.entries(lamports));

type Action = `${"told" | "join" | "leave"} ${number}` | "joined" | "gone" | "updated";

function act({ roster }: Fixture, action: Action): boolean | undefined {
  const [verb, time] = action.split(" ");
  const lamport = Number(time);
  switch (verb) {
    case "join":
      return roster.joinIntent({ type: "join", lamport, node: "n" }, 0);
    case "told":
      roster.hearsay({ type: "join", lamport, node: "n" }, 0);
      return undefined;
    case "leave":
      return roster.leaveIntent({ type: "leave", lamport, node: "n", prune: false }, 0);
    case "joined":
      roster.joined(node("n"));
      return undefined;
    case "gone":
      roster.gone(node("n"), 0);
      return undefined;
    default:
      roster.updated(node("n"));
      return undefined;
  }
}

const rows: [
  before: string,
  action: Action,
  after: string | undefined,
  isNews: boolean | undefined,
  events: string[],
][] = [
  ["unknown", "joined", "alive", undefined, ["member-join n"]],
  ["unknown", "gone", undefined, undefined, []],
  ["unknown", "join 9", undefined, true, []],
  ["unknown", "leave 9", undefined, true, []],
  ["alive", "join 9", "alive", true, []],
  ["alive", "join 5", "alive", false, []],
  ["alive", "leave 9", "leaving", true, []],
  ["alive", "leave 5", "alive", false, []],
  ["alive", "gone", "failed", undefined, ["member-failed n"]],
  ["alive", "updated", "alive", undefined, ["member-update n"]],
  ["leaving", "join 9", "alive", true, []],
  ["leaving", "leave 9", "leaving", true, []],
  ["leaving", "leave 5", "leaving", false, []],
  ["leaving", "gone", "left", undefined, ["member-leave n"]],
  ["leaving", "updated", "leaving", undefined, ["member-update n"]],
  ["left", "join 9", "left", true, []],
  ["left", "leave 9", "left", true, []],
  ["left", "gone", "left", undefined, []],
  ["left", "joined", "alive", undefined, ["member-join n"]],
  ["failed", "leave 9", "left", true, ["member-leave n"]],
  ["failed", "leave 5", "failed", false, []],
  ["failed", "join 9", "failed", true, []],
  ["failed", "gone", "failed", undefined, []],
  ["failed", "joined", "alive", undefined, ["member-join n"]],
];

for (const [before, action, after, isNews, events] of rows) {
  test(`${before} member, ${action}: ${after ?? "unknown"}`, () => {
    const fixture = knowing(before);
    assert.is(act(fixture, action), isNews);
    assert.is(fixture.roster.get("n")?.status, after);
    assert.equal(fixture.events, events);
    // The same again is never news: that is what ends the re-broadcasts.
    if (isNews !== undefined) assert.is(act(fixture, action), false);
  });
}

test("an intent that came before its member counts when the member comes", () => {
  const left = empty();
  act(left, "leave 9");
  act(left, "joined");
  assert.is(left.roster.get("n")?.status, "leaving");
  assert.equal(left.roster.statuses(), { statusLamports: times({ self: 0, n: 8 }), leftMembers: ["n"] });
  const joined = empty();
  act(joined, "leave 5");
  act(joined, "join 9");
  act(joined, "joined");
  assert.is(joined.roster.get("n")?.status, "alive");
  assert.equal(joined.roster.statuses(), { statusLamports: times({ self: 0, n: 9 }), leftMembers: [] });
});

test("a time that a peer's state told does not hide the leave of that time", () => {
  for (const order of [
    ["joined", "told 9", "leave 9"],
    ["told 9", "leave 9", "joined"],
    ["told 9", "joined", "leave 9"],
  ] as const) {
    const fixture = empty();
    for (const action of order) act(fixture, action);
    assert.is(fixture.roster.get("n")?.status, "leaving", order.join());
    act(fixture, "gone");
    assert.equal(fixture.events, ["member-join n", "member-leave n"]);
    // A join of that time hides it, and so does the leave itself.
    assert.is(act(fixture, "leave 9"), false);
    act(fixture, "joined");
    act(fixture, "told 10");
    act(fixture, "join 11");
    assert.is(act(fixture, "leave 11"), false);
  }
});

test("a leave of this node's own time must be contradicted: others may have counted it", () => {
  const { roster } = empty();
  roster.joinIntent({ type: "join", lamport: 5, node: "self" }, 0);
  const leave = (lamport: number) => roster.contradicts({ type: "leave", lamport, node: "self", prune: false });
  assert.equal([leave(4), leave(5), leave(6)], [false, true, true]);
});

test("intents about the unknown are forgotten after five minutes, and are bounded", () => {
  const fixture = empty();
  act(fixture, "leave 9");
  fixture.roster.reap({ reconnectTimeoutMs: 1, tombstoneTimeoutMs: 1 }, 300_001);
  act(fixture, "joined");
  assert.is(fixture.roster.get("n")?.status, "alive");
  const { roster } = empty();
  let taken = 0;
  for (let index = 0; index < 10_000; index++) {
    if (roster.joinIntent({ type: "join", lamport: 1, node: `x${index}` }, 0)) taken++;
  }
  assert.is(taken, 8_192);
});

test("every intent moves the clock, and what no number holds stops it", () => {
  const fixture = empty();
  act(fixture, "join 9");
  assert.is(fixture.clock.time, 10);
  act(fixture, "leave 5");
  assert.is(fixture.clock.time, 10);
  fixture.clock.increment();
  assert.is(fixture.clock.time, 11);
  for (const [time, isBelieved] of [
    [11, true],
    [2 ** 32 + 11, true],
    [2 ** 32 + 12, false],
    [Number.POSITIVE_INFINITY, false],
  ] as const) {
    assert.is(fixture.clock.believes(time), isBelieved, `${time}`);
  }
  fixture.clock.witness(Number.MAX_SAFE_INTEGER);
  fixture.clock.increment();
  assert.is(fixture.clock.time, Number.MAX_SAFE_INTEGER);
});

test("who said goodbye has left, although the intent to leave was lost", () => {
  const { roster, events } = knowing("alive");
  roster.gone({ ...node("n"), state: "left" }, 0);
  assert.is(roster.get("n")?.status, "left");
  assert.equal(events, ["member-leave n"]);
});

test("pruning forgets the gone, not the living and never this node", () => {
  for (const [status, isForgotten] of [
    ["alive", false],
    ["leaving", true],
    ["left", true],
    ["failed", true],
  ] as const) {
    const { roster, events } = knowing(status);
    roster.prune("n");
    assert.is(roster.get("n") === undefined, isForgotten, status);
    assert.equal(events, isForgotten ? ["member-reap n"] : []);
    roster.prune("self");
    assert.ok(roster.get("self"));
  }
});

test("reaping forgets each kind after its own time", () => {
  const settings = { reconnectTimeoutMs: 100, tombstoneTimeoutMs: 200 };
  for (const [status, keptMs] of [
    ["failed", 100],
    ["left", 200],
  ] as const) {
    const { roster } = knowing(status);
    roster.reap(settings, keptMs);
    assert.ok(roster.get("n"), status);
    roster.reap(settings, keptMs + 1);
    assert.is(roster.get("n"), undefined, status);
  }
  const { roster } = knowing("alive");
  roster.reap(settings, 10_000);
  assert.ok(roster.get("n"));
});

test.run();

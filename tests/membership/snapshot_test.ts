// topics: discovery
/** The memory of a node: Serf's own lines in, Serf's own lines out. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { formatAddress, Random, toBytes } from "../../src/base/mod.ts";
import {
  type Member,
  type MemberEventType,
  type RememberedNode,
  Snapshot,
  type SnapshotCounts,
} from "../../src/membership/mod.ts";
import { vectorsOf } from "../vectors/serf_vectors.ts";

const read = (text: string | Uint8Array, rejoinAfterLeave = false): Snapshot =>
  Snapshot.read(toBytes(text), { rejoinAfterLeave });

const shown = (nodes: readonly RememberedNode[]): string[] =>
  nodes.map(({ name, address }) => `${name} ${formatAddress(address)}`);

const member = (name: string, port: number, host = "127.0.0.1"): Member => ({
  ...{ name, address: { host, port }, tags: new Map(), status: "alive", incarnation: 1 },
});

const changed = (snapshot: Snapshot, type: MemberEventType, node: Member): string =>
  snapshot.changed({ type, member: node });

const counts = (more: Partial<SnapshotCounts> = {}): SnapshotCounts => ({
  ...{ member: 0, event: 0, query: 0, incarnation: 0 },
  ...more,
});

test("Snapshot.read() understands a file of a real agent, and forgets at its leave", () => {
  const text = String(vectorsOf("file").find(({ name }) => name === "snapshot_file_text")?.["text"]);
  const left = read(text);
  assert.equal([left.alive, left.failed, left.unreadableLines], [[], [], 0]);
  assert.equal(left.lamport, { member: 6, event: 0, query: 0 });
  const stayed = read(text, true);
  assert.equal(shown(stayed.alive), ["alpha 127.0.0.1:17001"]);
  assert.equal(stayed.lamport, { member: 6, event: 2, query: 4 });
  const before = read(text.slice(0, text.indexOf("not-alive")));
  assert.equal(shown(before.alive), ["alpha 127.0.0.1:17001", "beta 127.0.0.1:17002", "gamma 127.0.0.1:17003"]);
});

test("Snapshot writes the lines of a real agent for the same changes", () => {
  const snapshot = read("");
  const lines = [
    changed(snapshot, "member-join", member("alpha", 17001)),
    snapshot.counted(counts({ member: 2, event: 1 })),
    changed(snapshot, "member-leave", member("alpha", 17001)),
    snapshot.left(),
    snapshot.counted(counts({ member: 3, event: 1 })),
  ];
  const expected = [
    "alive: alpha 127.0.0.1:17001",
    "clock: 2",
    "event-clock: 1",
    "not-alive: alpha",
    "leave",
    "clock: 3",
  ];
  assert.is(lines.join(""), expected.map((line) => `${line}\n`).join(""));
});

test("what an agent of Serf does not know stands in comments, so that a cluster that was down is found again", () => {
  const snapshot = read("");
  changed(snapshot, "member-join", member("a", 1));
  const lines = changed(snapshot, "member-failed", member("a", 1)) + snapshot.counted(counts({ incarnation: 7 }));
  assert.is(lines, "not-alive: a\n# failed: a 127.0.0.1:1\n# incarnation: 7\n");
  const again = read(`alive: a 127.0.0.1:1\n${lines}`);
  assert.equal([shown(again.alive), shown(again.failed), again.incarnation], [[], ["a 127.0.0.1:1"], 7]);
  assert.is(changed(again, "member-reap", member("a", 1)), "not-alive: a\n");
  assert.equal(again.failed, []);
  const back = read(`${lines}alive: a 127.0.0.1:2\n`);
  assert.equal([shown(back.alive), shown(back.failed)], [["a 127.0.0.1:2"], []]);
});

test("Snapshot.read() drops a torn last line, whatever it may look like", () => {
  const text = "alive: a 127.0.0.1:7946\nclock: 12\n";
  for (let length = 0; length < text.length; length++) {
    const snapshot = read(text.slice(0, length));
    assert.is(snapshot.unreadableLines, 0);
    assert.is(snapshot.lamport.member, 0);
    assert.equal(shown(snapshot.alive), length < 24 ? [] : ["a 127.0.0.1:7946"]);
  }
});

test("Snapshot.read() counts what means nothing, and keeps the rest", () => {
  const garbage = [
    ...["alive: ", "alive: a", "alive:  127.0.0.1:1", "alive: a 127.0.0.1", "alive: a 127.0.0.1:0", "alive: a x:99999"],
    ...[
      "clock: -1",
      "clock: 1.5",
      "clock: 4503599627370496",
      "clock: 99999999999999999999",
      "event-clock: x",
      "clock:",
    ],
    ...["leaves", "hello", "# incarnation: 2147483647", `alive: ${"n".repeat(2000)} 127.0.0.1:1`, "\u0000\ufffd"],
  ];
  const snapshot = read(
    ["clock: 4", ...garbage, "alive: a b [::1]:7946", "", "#", "# hi", "coordinate: {}", ""].join("\n"),
  );
  assert.is(snapshot.unreadableLines, garbage.length);
  assert.equal(shown(snapshot.alive), ["a b [::1]:7946"]);
  assert.equal(snapshot.lamport, { member: 4, event: 0, query: 0 });
});

test("Snapshot.read() takes any bytes", () => {
  const random = new Random("snapshot");
  const words = [
    "alive: ",
    "not-alive: ",
    "clock: ",
    "leave",
    "# failed: ",
    " ",
    "\n",
    "a",
    "127.0.0.1:1",
    "\xff",
    "9",
  ];
  for (let round = 0; round < 500; round++) {
    const text = Array.from({ length: 60 }, () => random.pick(words) as string).join("");
    const snapshot = read(Uint8Array.from(text, (letter) => letter.charCodeAt(0)));
    const again = read(snapshot.text());
    assert.is(again.text(), snapshot.text());
    assert.is(again.unreadableLines, 0);
  }
});

test("Snapshot.read() of a huge file remembers the latest 20000 and is rewritten short", () => {
  const lines = Array.from(
    { length: 100_000 },
    (_, index) => `alive: n${index % 30_000} 127.0.0.1:${1 + (index % 9)}\n`,
  );
  const snapshot = read(lines.join(""));
  assert.is(snapshot.alive.length, 20_000);
  assert.is(snapshot.alive.at(-1)?.name, "n9999");
  assert.is(snapshot.isTooLong(2 * 128 * 20_000), false);
  assert.is(snapshot.isTooLong(2 * 128 * 20_000 + 1), true);
  assert.is(read("").isTooLong(131_072), false);
  assert.is(read("").isTooLong(131_073), true);
  assert.equal(read(snapshot.text()).alive, snapshot.alive);
  snapshot.retain((name) => name === "n5");
  assert.equal(
    snapshot.alive.map(({ name }) => name),
    ["n5"],
  );
  assert.is(read("x".repeat(1_000_000)).unreadableLines, 0);
  assert.is(read(`${"x".repeat(1_000_000)}\n`).unreadableLines, 1);
});

test("Snapshot writes nothing that changes nothing, no name that would write lines, and no member after the leave", () => {
  const snapshot = read("");
  assert.is(changed(snapshot, "member-join", member("evil\nleave", 1)), "");
  assert.is(changed(snapshot, "member-join", member("a", 1)), "alive: a 127.0.0.1:1\n");
  assert.is(changed(snapshot, "member-update", member("a", 1)), "");
  assert.is(changed(snapshot, "member-update", member("a", 2)), "alive: a 127.0.0.1:2\n");
  assert.is(snapshot.counted(counts({ query: 9 })), "query-clock: 9\n");
  assert.is(snapshot.counted(counts({ query: 9 })), "");
  assert.is(snapshot.counted(counts({ query: 8 })), "");
  assert.is(snapshot.left(), "leave\n");
  assert.is(snapshot.left(), "");
  assert.is(changed(snapshot, "member-failed", member("a", 2)), "");
  assert.is(snapshot.text(), "alive: a 127.0.0.1:2\nquery-clock: 9\nleave\n");
});

test("Snapshot keeps the incarnation over a leave: the others still hold the one it left with", () => {
  const snapshot = read("clock: 5\n# incarnation: 3\nalive: a 127.0.0.1:1\nleave\n");
  assert.equal([snapshot.incarnation, snapshot.alive, snapshot.lamport.member], [3, [], 0]);
});

test.run();

// runtimes: bun (nothing of the page depends on what runs its tests)
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { FeedDescription, TopicDescription } from "../../src/client/browser.ts";
import { EventLog, eventsMax } from "../../web/event_log.ts";
import {
  agoText,
  durationText,
  markText,
  roundTripText,
  shortText,
  sizeText,
  strictTextOf,
} from "../../web/formats.ts";
import { History, pointsMax } from "../../web/history.ts";
import { endsOf, type Holder, lagMatrix } from "../../web/lag.ts";
import { spotsMax, spotsOf } from "../../web/map_layout.ts";
import { MemberBook } from "../../web/member_book.ts";
import { hashOf, routeOf } from "../../web/router.ts";
import { settingsOf } from "../../web/topic_settings.ts";

test("numbers, sizes and times are told in three figures", () => {
  assert.equal([0, 7, 0.75, 12.34, 999, 999.6, 1_234, 98_765, 1e6].map(shortText), [
    ...["0", "7", "0.75", "12.3", "999", "1.00k", "1.23k", "98.8k", "1.00M"],
  ]);
  assert.equal([0, 512, 1_024, 1_536, 10 * 1_048_576].map(sizeText), [
    "0 B",
    "512 B",
    "1.00 KiB",
    "1.50 KiB",
    "10.0 MiB",
  ]);
  assert.equal(["1.00k", "1.50 KiB", "12.0 MiB", "100 B", "0"].map(markText), [
    "1k",
    "1.5 KiB",
    "12 MiB",
    "100 B",
    "0",
  ]);
  assert.equal([0.042, 0.31, 4.21, 64.4].map(roundTripText), ["42 µs", "0.31 ms", "4.2 ms", "64 ms"]);
  assert.equal([900, 61_000, 3_600_000, 90_061_000].map(durationText), ["1 s", "1 min 1 s", "1 h", "1 d 1 h"]);
  assert.is(agoText(10_000, 10_900), "just now");
});

test("strictTextOf() tells bytes from text", () => {
  assert.is(strictTextOf(new TextEncoder().encode("ä\n\t\u001b[0m")), "ä\n\t\u001b[0m");
  assert.is(strictTextOf(Uint8Array.of(0xff)), undefined);
  assert.is(strictTextOf(Uint8Array.of(65, 0)), undefined);
});

test("a history turns counters into rates, leaves out what it cannot compare, and is bounded", () => {
  const history = new History();
  history.count(0, { records: 100, bytes: 1_000 });
  assert.is(history.rates, undefined);
  history.count(2_000, { records: 110, bytes: 3_000 });
  assert.equal(history.rates, { records: 5, bytes: 1_000 });
  // Asked out of turn.
  history.count(2_100, { records: 500, bytes: 3_000 });
  assert.equal(history.points[0], [2]);
  // Retention took bytes away, and then the topic began anew.
  history.count(3_000, { records: 112, bytes: 10 });
  history.count(4_000, { records: 3, bytes: 10 });
  assert.equal(history.points, [
    [2, 3, 4],
    [5, 2, null],
    [1_000, null, null],
  ]);
  history.break(5_000);
  history.count(6_000, { records: 900, bytes: 900 });
  assert.is(history.points[1].at(-1), null);
  for (let second = 7; second < 7 + 2 * pointsMax; second++)
    history.count(second * 1_000, { records: second, bytes: 0 });
  assert.is(history.points[0].length, pointsMax);
});

function held(feeds: Readonly<Record<string, number>>): TopicDescription {
  const described = Object.entries(feeds).map(
    ([writer, have]): FeedDescription => ({ writer, lowWater: 1, have, durable: have }),
  );
  return { name: "orders", generation: 1, firstOffset: 0, nextOffset: 0, bytes: 0, records: 0, feeds: described };
}

test("the lag matrix says who lacks how much of whose feed, who is silent, and who is not to hold it", () => {
  const holders: Holder[] = [
    { node: "alder", held: held({ aa: 100, bb: 40 }), isElsewhere: false },
    { node: "birch", held: held({ aa: 90, bb: 50 }), isElsewhere: false },
    { node: "cedar", held: undefined, isElsewhere: false },
    { node: "dogwood", held: held({}), isElsewhere: true },
  ];
  const matrix = lagMatrix(holders, new Map([["aa", "alder"]]), endsOf(holders));
  assert.equal(
    matrix.feeds.map(({ node, writer, end }) => [node, writer, end]),
    [
      ["alder", "aa", 100],
      [undefined, "bb", 50],
    ],
  );
  assert.equal(
    matrix.rows.map(({ node, state, lacks, total }) => [node, state, lacks, total]),
    [
      ["alder", "holds", [0, 10], 10],
      ["birch", "holds", [10, 0], 10],
      ["cedar", "silent", [undefined, undefined], undefined],
      ["dogwood", "elsewhere", [undefined, undefined], 0],
    ],
  );
  // What came since nodes were asked before is lacked by nobody.
  const before = endsOf([{ node: "alder", held: held({ aa: 90, bb: 40 }), isElsewhere: false }]);
  assert.equal(
    lagMatrix(holders, new Map(), before).rows.map(({ total }) => total),
    [0, 0, undefined, 0],
  );
});

test("the lag matrix of many feeds shows the greatest ones and counts all", () => {
  const feeds = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`w${index}`, index + 1]));
  const holders: Holder[] = [
    { node: "alder", held: held(feeds), isElsewhere: false },
    { node: "birch", held: held({}), isElsewhere: false },
  ];
  const matrix = lagMatrix(holders, new Map(), endsOf(holders));
  assert.is(matrix.feeds.length, 12);
  assert.is(matrix.feedsMore, 8);
  assert.is(matrix.rows[1]?.total, 210);
});

test("members stand inside the map, apart from each other, and not more than fit", () => {
  const box = { width: 600, height: 300, margin: { x: 70, y: 50 } };
  for (const count of [0, 1, 2, 3, 7, 16, 17, 60, 500]) {
    const spots = spotsOf(count, box);
    assert.is(spots.length, Math.min(count, spotsMax));
    for (const { x, y } of spots) assert.ok(x >= 69 && x <= 531 && y >= 49 && y <= 251, `${count}: ${x} ${y}`);
    const places = new Set(spots.map(({ x, y }) => `${Math.round(x / 4)} ${Math.round(y / 4)}`));
    assert.is(places.size, spots.length, `${count} members`);
  }
});

test("a member's changes are told once, whether a list or an event brings them", () => {
  const book = new MemberBook();
  const alder = { name: "alder", address: "10.0.0.1:7946", status: "alive", tags: { zone: "a" } } as const;
  assert.equal(book.list([alder], 1), []);
  assert.is(book.get("alder")?.sinceMs, undefined);
  const told = (changes: ReturnType<MemberBook["put"]>) =>
    changes.map(({ name, what, detail }) => [name, what, detail]);
  assert.equal(told(book.put({ ...alder, status: "failed" }, 5)), [["alder", "failed", undefined]]);
  assert.equal(book.list([{ ...alder, status: "failed" }], 9), []);
  assert.is(book.get("alder")?.sinceMs, 5);
  assert.equal(told(book.list([alder], 12)), [["alder", "is back", undefined]]);
  assert.equal(told(book.put({ ...alder, tags: { role: "x" } }, 13)), [
    ["alder", "changed", "role=x · zone taken away"],
  ]);
  assert.equal(told(book.list([{ ...alder, name: "birch" }], 14)), [
    ["birch", "joined", undefined],
    ["alder", "was forgotten", undefined],
  ]);
});

test("the log of events is bounded and the newest comes first", () => {
  const log = new EventLog();
  for (let number = 1; number <= eventsMax + 10; number++) {
    log.add({ atMs: number, kind: "user", tone: "plain", subject: String(number), what: "was sent" });
  }
  assert.is(log.events.length, eventsMax);
  assert.is(log.events[0]?.subject, String(eventsMax + 10));
  assert.is(log.told, eventsMax + 10);
});

test("routes go into the address and come back", () => {
  for (const topic of ["orders", "a.b-c_d", "a%20b", "100%", "ä/ö"]) {
    assert.equal(routeOf(hashOf({ view: "topic", topic })), { view: "topic", topic });
  }
  assert.equal(
    ["#services", "#events", "#overview", "", "#topic/", "#nonsense", "#topic/%"].map((hash) => routeOf(hash).view),
    [...["services", "events", "overview", "overview", "overview", "overview", "topic"]],
  );
});

test("a topic's settings are told in words", () => {
  const retention = { ageMaxMs: 3_600_000, bytesMin: 1_048_576, keepUntilReplicas: 2 };
  const topic = {
    ...held({}),
    retention,
    compact: true,
    tombstoneGraceMs: 86_400_000,
    placement: { copies: 2 },
    placed: [],
  };
  assert.equal(settingsOf(topic), [
    ["Retention", "goes older than 1 h or beyond 1.00 MiB, once 2 nodes hold it"],
    ["Compaction", "latest of each key, tombstones for 1 d"],
    ["Placement", "2 nodes"],
    ["Placed at", "no node fits"],
  ]);
  assert.equal(settingsOf(held({})), [["Retention", "as each node is set up"]]);
});

test.run();

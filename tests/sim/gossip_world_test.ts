// runtimes: bun (what one runtime finds, all find: traces are the same)
import { test } from "uvu";
import * as assert from "uvu/assert";
import { lifeguard, runFailures, runSlowMembers, swim } from "../../scripts/simulations/slow_members.ts";
import { runStalls } from "../../scripts/simulations/stall.ts";
import type { Machine } from "../../src/base/mod.ts";
import type { TransportEffect, TransportInput } from "../../src/gossip/mod.ts";
import { type GossipHost, GossipWorld } from "../../src/testing/gossip_world.ts";

const peer = { host: "10.0.0.2", port: 7946 };

type Input = { readonly type: "wake" } | { readonly type: "say" } | TransportInput;
type Effect = TransportEffect | { readonly type: "heard"; readonly text: string };

/** Sends a datagram every 100 ms, and tells what it hears and when its timer runs. */
class Ticker implements Machine<Input, Effect> {
  wakeAtMs = 0;

  step(input: Input, nowMs: number): Effect[] {
    if (input.type === "say") return [{ type: "dial", stream: 1, to: peer, timeoutMs: 1_000 }];
    if (input.type !== "wake") return [{ type: "heard", text: `${nowMs} ${input.type}` }];
    if (nowMs < this.wakeAtMs) return [];
    this.wakeAtMs = nowMs + 100;
    return [
      { type: "heard", text: `${nowMs} tick` },
      { type: "send", to: peer, bytes: Uint8Array.of(1) },
    ];
  }
}

class Silent implements Machine<Input, Effect> {
  readonly wakeAtMs = Number.POSITIVE_INFINITY;

  step(input: Input, nowMs: number): Effect[] {
    return input.type === "wake" ? [] : [{ type: "heard", text: `${nowMs} ${input.type}` }];
  }
}

function pair(): {
  world: GossipWorld<Input, Effect>;
  ticker: GossipHost<Input, Effect>;
  silent: GossipHost<Input, Effect>;
  heard: (host: GossipHost<Input, Effect>) => string[];
} {
  const texts = new Map<string, string[]>();
  const world = new GossipWorld<Input, Effect>(1, {
    onEffect: (host, effect) => {
      if (effect.type === "heard") texts.set(host.name, [...(texts.get(host.name) ?? []), effect.text]);
    },
  });
  const silent = world.add("silent", peer, new Silent());
  const ticker = world.add("ticker", { host: "10.0.0.1", port: 7946 }, new Ticker());
  return { world, ticker, silent, heard: (host) => texts.get(host.name) ?? [] };
}

test("a stalled process neither sends nor hears, and its timers come first when it goes on", () => {
  const { world, ticker, silent, heard } = pair();
  world.run(10);
  world.stall(ticker);
  world.run(500);
  assert.equal([heard(ticker), heard(silent)], [["0 tick"], ["1 datagram"]]);
  world.release(ticker);
  world.run(50);
  assert.equal(
    [heard(ticker), heard(silent)],
    [
      ["0 tick", "510 tick"],
      ["1 datagram", "511 datagram"],
    ],
  );
});

test("what comes to a stalled process waits, and is heard a little at a time", () => {
  const { world, silent, heard } = pair();
  world.stall(silent);
  world.run(10_050);
  world.release(silent);
  assert.is(heard(silent).length, 50);
  world.run(10);
  assert.is(heard(silent).length, 101);
  assert.is(heard(silent).at(-1), "10052 datagram");
});

test("the timers of a held process go on, and what it sent leaves when it is released", () => {
  const { world, ticker, silent, heard } = pair();
  world.run(10);
  world.hold(ticker);
  world.run(200);
  assert.equal(heard(ticker), ["0 tick", "100 tick", "200 tick"]);
  assert.equal(heard(silent), ["1 datagram"]);
  world.release(ticker);
  world.run(5);
  assert.equal(heard(silent), ["1 datagram", "211 datagram", "211 datagram"]);
});

test("a crashed process is refused, a stalled one accepted for", () => {
  const { world, ticker, silent, heard } = pair();
  world.stall(silent);
  world.push(ticker, { type: "say" });
  world.run(10);
  assert.not.ok(heard(ticker).some((text) => text.endsWith("stream-closed")));
  world.crash(silent);
  world.run(10);
  assert.ok(heard(ticker).some((text) => text.endsWith("stream-closed")));
  world.push(ticker, { type: "say" });
  world.run(10);
  assert.is(heard(ticker).filter((text) => text.endsWith("stream-closed")).length, 2);
  assert.equal(heard(silent), []);
});

test("Lifeguard declares five times fewer healthy members dead than SWIM while others are slow", () => {
  const options = {
    nodes: 32,
    slow: 6,
    how: "held",
    blockedMs: 16_384,
    freeMs: 64,
    durationMs: 60_000,
    seed: "1",
  } as const;
  const without = runSlowMembers(swim, options);
  const full = runSlowMembers(lifeguard, options);
  assert.ok(without.falsePositives >= 100, `${without.falsePositives} without it say too little`);
  assert.ok(5 * full.falsePositives <= without.falsePositives, `${full.falsePositives} of ${without.falsePositives}`);
});

test("Lifeguard finds real failures as soon as SWIM does", () => {
  const options = { nodes: 32, failed: 4, seed: "1" };
  const [without, full] = [swim, lifeguard].map((detector) => runFailures(detector, options));
  assert.is(full?.firstMs.length, 4);
  assert.ok(Math.max(...(full?.firstMs ?? [])) <= 1.2 * Math.max(...(without?.firstMs ?? [])));
});

test("no member is declared failed when one stalls 300 ms of every second for 20 minutes", () => {
  const pattern = { stallMs: 300, everyMs: 1_000, profile: "lan" } as const;
  const report = runStalls(pattern, { forgives: true, nodes: 5, durationMs: 1_200_000, seed: "1" });
  assert.equal([report.stalls, report.failures, report.suspicions], [1_200, 0, 0]);
});

test.run();

// topics: discovery
/** Finding the nodes of a cluster on one network, and being found: what is asked, answered, believed and kept. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Address, Random } from "../../src/base/mod.ts";
import {
  Discovery,
  type DiscoveryEffect,
  discoverNamePattern,
  discoveryPort,
  type ServiceMessage,
  type ServiceRecord,
} from "../../src/membership/mod.ts";

const service = "_serf_shop._tcp.local";
const home: Address = { host: "10.0.0.1", port: 7946 };
const asker = { address: { host: "10.0.0.2", port: 40_000 }, through: "eth0" };

/** One machine on time that the test moves. */
class Lab {
  readonly machine: Discovery;
  readonly effects: DiscoveryEffect[] = [];
  readonly known = new Set<string>();
  nowMs = 5_000;

  constructor(options: { nodeName?: string; address?: Address } = {}) {
    const { nodeName = "ours", address = home } = options;
    const isKnown = ({ host }: Address): boolean => this.known.has(host);
    this.machine = new Discovery({ cluster: "shop", nodeName, address, isKnown }, new Random(1));
    this.run(0);
  }

  /** Lets time pass, wake by wake. */
  run(durationMs: number): void {
    const endMs = this.nowMs + durationMs;
    while (this.machine.wakeAtMs <= endMs) {
      this.nowMs = Math.max(this.nowMs, this.machine.wakeAtMs);
      this.effects.push(...this.machine.step({ type: "wake" }, this.nowMs));
    }
    this.nowMs = endMs;
  }

  hear(message: Partial<ServiceMessage>, from = asker): void {
    const whole = { id: 7, isResponse: false, questions: [], records: [], ...message };
    this.effects.push(...this.machine.step({ type: "heard", from, message: whole }, this.nowMs));
  }

  ask(from = asker, question: object = {}): void {
    this.hear({ questions: [{ name: service, type: "PTR", wantsUnicast: false, ...question }] }, from);
  }

  /** Hears another node say where it is. */
  answered(name: string, host: string, port = 7946): void {
    this.hear({ isResponse: true, records: recordsFor(name, host, port) });
  }

  take<Type extends DiscoveryEffect["type"]>(type: Type): Extract<DiscoveryEffect, { type: Type }>[] {
    const found = this.effects.filter((effect) => effect.type === type);
    this.effects.length = 0;
    return found as Extract<DiscoveryEffect, { type: Type }>[];
  }

  found(): string[] {
    return this.take("found").flatMap(({ addresses }) => addresses.map(({ host }) => host));
  }
}

function recordsFor(name: string, host: string, port: number): ServiceRecord[] {
  const [instance, ttlSeconds] = [`${name}.${service}`, 120];
  return [
    { type: "PTR", name: service, ttlSeconds, target: instance },
    { type: "SRV", name: instance, ttlSeconds, target: `${name}.local`, port },
    { type: host.includes(":") ? "AAAA" : "A", name: `${name}.local`, ttlSeconds, address: host },
  ];
}

test("Discovery asks at once, again after a second, then ever more rarely until it asks every minute", () => {
  const lab = new Lab();
  lab.take("ask");
  const gaps = [1, 2, 4, 8, 16, 32, 60, 60];
  for (const gap of gaps) {
    lab.run(gap * 1_000 - 1);
    assert.is(lab.take("ask").length, 0, `before ${gap} s`);
    lab.run(1);
    assert.is(lab.take("ask").length, 1, `after ${gap} s`);
  }
});

test("Discovery names the members that need not answer", () => {
  const lab = new Lab();
  const [first] = lab.take("ask");
  assert.equal(first?.message.questions, [{ name: service, type: "PTR", wantsUnicast: false }]);
  assert.equal(first?.message.records, []);
  lab.answered("alpha", "10.0.0.3");
  lab.answered("beta", "10.0.0.4");
  lab.known.add("10.0.0.3");
  lab.run(1_000);
  const [second] = lab.take("ask");
  assert.equal(
    second?.message.records.map((record) => "target" in record && record.target),
    [`alpha.${service}`],
  );
});

test("Discovery tells what it found after 100 ms without news, and after a second at the latest", () => {
  const lab = new Lab();
  lab.answered("alpha", "10.0.0.3");
  lab.run(99);
  lab.answered("beta", "10.0.0.4");
  lab.answered("alpha", "10.0.0.3");
  lab.run(99);
  assert.equal(lab.found(), []);
  lab.run(1);
  assert.equal(lab.found(), ["10.0.0.3", "10.0.0.4"]);
  for (let at = 0; at < 11; at++) {
    lab.answered(`n${at}`, `10.0.1.${at}`);
    lab.run(95);
  }
  assert.is(lab.found().length, 11);
});

test("what was found and is no member is found again in the next round; members and the node itself are not", () => {
  const lab = new Lab();
  lab.answered("ours", home.host);
  lab.answered("alpha", "10.0.0.3");
  lab.run(200);
  assert.equal(lab.found(), ["10.0.0.3"]);
  lab.answered("alpha", "10.0.0.3");
  lab.run(200);
  assert.equal(lab.found(), ["10.0.0.3"]);
  lab.known.add("10.0.0.3");
  lab.answered("alpha", "10.0.0.3");
  lab.run(200);
  assert.equal(lab.found(), []);
});

test("Discovery answers an asker alone with all that leads to the node, within 50 ms", () => {
  const lab = new Lab();
  lab.ask();
  lab.run(50);
  const [answer] = lab.take("answer");
  assert.equal(answer?.to, asker);
  assert.is(answer?.message.id, 7);
  assert.is(answer?.message.questions.length, 1);
  const [pointer, place, host, text] = answer?.message.records ?? [];
  assert.is(pointer?.name, service);
  assert.is(place?.type === "SRV" && place.port, 7946);
  assert.is(host?.type === "A" && host.address, "10.0.0.1");
  assert.is(text?.type === "TXT" && text.text, "Serf 'shop' cluster");
  assert.is(pointer?.type === "PTR" && pointer.target, place?.name);
  assert.is(place?.type === "SRV" && place.target, host?.name);
  assert.ok(answer?.message.records.every(({ ttlSeconds }) => ttlSeconds === 10));
});

test("who asks from the port of multicast DNS is answered before everybody, once a second, unless it wants it alone", () => {
  const lab = new Lab();
  const group = { address: { host: "10.0.0.2", port: discoveryPort }, through: "eth0" };
  for (let times = 0; times < 5; times++) lab.ask(group);
  lab.run(50);
  assert.equal(
    lab.take("answer").map(({ to, message }) => [to, message.id, message.questions.length]),
    [[undefined, 0, 0]],
  );
  lab.ask(group, { wantsUnicast: true });
  lab.run(50);
  assert.equal(
    lab.take("answer").map(({ to }) => to),
    [group],
  );
});

test("questions about others, and those that name this node as known, are not answered", () => {
  const lab = new Lab();
  lab.ask(asker, { name: "_serf_other._tcp.local" });
  lab.ask(asker, { name: service, type: "A" });
  lab.hear({
    questions: [{ name: service, type: "PTR", wantsUnicast: false }],
    records: [{ type: "PTR", name: service, ttlSeconds: 120, target: `OURS.${service}` }],
  });
  lab.run(100);
  assert.equal(lab.take("answer"), []);
  lab.ask(asker, { name: service.toUpperCase(), type: "ANY" });
  lab.run(100);
  assert.is(lab.take("answer").length, 1);
});

test("a flood of questions gets 32 answers a second, counted, and a flood of nodes 32 a round", () => {
  const lab = new Lab();
  for (let times = 0; times < 10_000; times++) {
    lab.ask();
    lab.run(0.1);
  }
  assert.ok(lab.take("answer").length <= 64);
  assert.ok(lab.machine.counters.answersDropped > 9_900);
  for (let at = 0; at < 5_000; at++) lab.answered(`n${at}`, `10.1.${at >> 8}.${at & 255}`);
  lab.run(200);
  assert.is(lab.found().length, 32);
});

test("addresses that no node can be at, or that this one cannot reach, are not joined", () => {
  for (const host of ["127.0.0.1", "0.0.0.0", "224.0.0.251", "255.255.255.255", "fd00::1", "fe80::1", "junk", ""]) {
    const lab = new Lab();
    lab.answered("alpha", host);
    lab.run(2_000);
    assert.equal(lab.found(), [], host);
    assert.is(lab.machine.counters.foundRefused, 1, host);
  }
  const six = new Lab({ address: { host: "fd00::2", port: 7946 } });
  for (const host of ["fe80::1", "ff02::1", "::1", "::", "::ffff:10.0.0.1", "10.0.0.3", "fd00::3"]) {
    six.answered(`n${host}`, host);
  }
  six.run(200);
  assert.equal(six.found(), ["fd00::3"]);
  const local = new Lab({ address: { host: "127.0.0.1", port: 7946 } });
  local.answered("alpha", "127.0.0.1", 7947);
  local.run(200);
  assert.equal(local.found(), ["127.0.0.1"]);
});

test("incomplete, foreign and parting nodes are not found", () => {
  const whole = recordsFor("alpha", "10.0.0.3", 7946);
  const variants: ServiceRecord[][] = [
    ...whole.map((dropped) => whole.filter((record) => record !== dropped)),
    whole.map((record) => ({ ...record, ttlSeconds: 0 })),
    recordsFor("alpha", "10.0.0.3", 0),
    whole.map((record) => (record.type === "PTR" ? { ...record, name: "_serf_other._tcp.local" } : record)),
  ];
  for (const records of variants) {
    const lab = new Lab();
    lab.hear({ isResponse: true, records });
    lab.run(2_000);
    assert.equal(lab.found(), []);
  }
});

test("names that DNS cannot carry get one that it can, different for different nodes", () => {
  const targets = ["x".repeat(64), `${"y".repeat(64)}.z`, "a..b", "tab\there", "w.".repeat(100)].map((nodeName) => {
    const lab = new Lab({ nodeName });
    lab.ask();
    lab.run(50);
    const [pointer] = lab.take("answer")[0]?.message.records ?? [];
    return pointer?.type === "PTR" ? pointer.target : "";
  });
  assert.ok(
    targets.every((target) => /^node-[0-9a-f]{8}\._serf_shop\._tcp\.local$/.test(target)),
    targets.join(),
  );
  assert.is(new Set(targets).size, targets.length);
  for (const [name, isOne] of [
    ["shop", true],
    ["a_b-1", true],
    ["", false],
    ["a.b", false],
    ["x".repeat(58), false],
  ] as const) {
    assert.is(discoverNamePattern.test(name), isOne, name);
  }
});

test("early and repeated wakes change nothing", () => {
  const [quiet, nervous] = [new Lab(), new Lab()];
  for (const lab of [quiet, nervous]) {
    lab.ask();
    lab.answered("alpha", "10.0.0.3");
  }
  for (let at = 0; at < 500; at++) {
    nervous.effects.push(...nervous.machine.step({ type: "wake" }, nervous.nowMs));
    nervous.run(1);
  }
  quiet.run(500);
  assert.equal(nervous.effects, quiet.effects);
});

test.run();

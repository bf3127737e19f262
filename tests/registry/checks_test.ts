import { test } from "uvu";
import * as assert from "uvu/assert";
import { type HealthState, Random } from "../../src/base/mod.ts";
import { type CheckEffect, type CheckInput, HealthChecks, type ResolvedCheck } from "../../src/registry/mod.ts";

const startMs = 1_700_000_000_000;

const timing = { intervalMs: 10_000, timeoutMs: 5_000, passingAfter: 1, criticalAfter: 1 };
const tcp: ResolvedCheck = { type: "tcp", name: "tcp", address: "127.0.0.1:80", ...timing };
const ttl: ResolvedCheck = { type: "ttl", name: "beat", ttlMs: 30_000, ...timing };

/** The machine, its time, and runs that end when the test says so. */
class Bench {
  nowMs = startMs;
  readonly checks = new HealthChecks(new Random("bench"));
  effects: CheckEffect[] = [];

  step(input: CheckInput): CheckEffect[] {
    const effects = this.checks.step(input, this.nowMs);
    this.effects.push(...effects);
    return effects;
  }

  register(checks: readonly ResolvedCheck[], more: Partial<Extract<CheckInput, { type: "register" }>> = {}): void {
    this.step({ type: "register", id: "web", checks, deregisterAfterMs: undefined, ...more });
  }

  /** Wakes the machine whenever it wants to be. */
  pass(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (; this.checks.wakeAtMs <= untilMs; this.step({ type: "wake" })) this.nowMs = this.checks.wakeAtMs;
    this.nowMs = untilMs;
  }

  /** Waits for the next run and ends it at once. */
  run(state: HealthState, output = "as said"): void {
    const { runId } = this.nextRun();
    this.step({ type: "result", runId, outcome: { state, output } });
  }

  nextRun(): Extract<CheckEffect, { type: "run" }> {
    for (let wakes = 0; wakes < 100; wakes++) {
      const at = this.effects.findIndex(({ type }) => type === "run");
      if (at >= 0) return this.effects.splice(at, 1)[0] as Extract<CheckEffect, { type: "run" }>;
      this.nowMs = this.checks.wakeAtMs;
      this.step({ type: "wake" });
    }
    throw new Error("nothing runs");
  }

  get state(): HealthState | undefined {
    return this.checks.health("web")?.state;
  }

  get output(): string | undefined {
    return this.checks.health("web")?.checks[0]?.output;
  }

  take(type: CheckEffect["type"]): CheckEffect[] {
    const found = this.effects.filter((effect) => effect.type === type);
    this.effects = this.effects.filter((effect) => effect.type !== type);
    return found;
  }
}

const thresholds: readonly [name: string, passingAfter: number, criticalAfter: number, runs: string, states: string][] =
  [
    ["believes each run by default", 1, 1, "pwcpcw", "pwcpcw"],
    ["warns before it is critical", 1, 3, "pcccp", "pwwcp"],
    ["counts failed runs in a row alone", 1, 3, "pccpccc", "pwwpwwc"],
    ["passes after good runs in a row", 3, 1, "ppppcppcppp", "ccppcccc" + "ccp"],
    ["takes warnings as good runs", 2, 2, "wwccwpc", "cwwccpw"],
    ["stays critical from the beginning when it fails", 1, 3, "ccpc", "ccpw"],
  ];
for (const [name, passingAfter, criticalAfter, runs, states] of thresholds) {
  test(`HealthChecks ${name}`, () => {
    const bench = new Bench();
    bench.register([{ ...tcp, passingAfter, criticalAfter }]);
    const found = [...runs].map((letter) => {
      bench.run(letter === "p" ? "passing" : letter === "w" ? "warning" : "critical");
      return bench.state?.[0];
    });
    assert.is(found.join(""), states);
  });
}

test("HealthChecks says which run of how many it was", () => {
  const bench = new Bench();
  bench.register([{ ...tcp, passingAfter: 2, criticalAfter: 2 }]);
  bench.run("passing", "connected");
  assert.is(bench.output, "good run 1 of 2: connected");
  bench.run("passing", "connected");
  bench.run("critical", "connection refused");
  assert.is(bench.output, "failed run 1 of 2: connection refused");
  const [passing, warning] = bench.take("changed");
  assert.is(passing?.type === "changed" && passing.reason, 'check "tcp" is passing: connected');
  const reason = 'check "tcp" is warning: failed run 1 of 2: connection refused';
  assert.is(warning?.type === "changed" && warning.reason, reason);
});

test("HealthChecks spreads checks that were registered together, and keeps them an interval apart", () => {
  const checks = new HealthChecks(new Random(1), { networkRunsMax: 1_000, commandRunsMax: 1 });
  const startsAtMs = new Map<string, number[]>();
  const step = (input: CheckInput, nowMs: number): void => {
    for (const effect of checks.step(input, nowMs)) {
      if (effect.type !== "run") continue;
      startsAtMs.set(effect.id, [...(startsAtMs.get(effect.id) ?? []), nowMs]);
      step({ type: "result", runId: effect.runId, outcome: { state: "passing", output: "" } }, nowMs);
    }
  };
  for (let at = 0; at < 1_000; at++) {
    step({ type: "register", id: `s${at}`, checks: [tcp], deregisterAfterMs: undefined }, startMs);
  }
  for (let nowMs = startMs; nowMs < startMs + 40_000; nowMs = checks.wakeAtMs) step({ type: "wake" }, nowMs);
  const all = [...startsAtMs.values()];
  assert.is(all.length, 1_000);
  assert.ok(
    all.every(([first = 0]) => first <= startMs + 1_000),
    "the first look is soon",
  );
  assert.ok(new Set(all.map(([first]) => first)).size > 500, "but not the same moment for many");
  for (let fromMs = startMs + 11_000; fromMs < startMs + 31_000; fromMs += 1_000) {
    const within = all.flat().filter((atMs) => atMs >= fromMs && atMs < fromMs + 1_000).length;
    assert.ok(within > 50 && within < 160, `${within} of 1,000 checks start within a tenth of the interval`);
  }
  assert.ok(all.every(([, second = 0, third = 0]) => third - second === tcp.intervalMs));
});

test("HealthChecks ends a run that does not answer, and takes its last words for a second", () => {
  const bench = new Bench();
  bench.register([tcp]);
  bench.run("passing");
  const { runId } = bench.nextRun();
  bench.pass(4_999);
  assert.equal(bench.take("cancel"), []);
  bench.pass(1);
  assert.equal(bench.take("cancel"), [{ type: "cancel", runId }]);
  assert.is(bench.state, "passing");
  bench.step({ type: "result", runId, outcome: { state: "passing", output: "no headers came" } });
  assert.is(bench.state, "critical");
  assert.is(bench.output, "not done within 5 s: no headers came");
  bench.nextRun();
  bench.pass(5_999);
  assert.is(bench.checks.running, 1);
  bench.pass(1);
  assert.is(bench.checks.running, 0);
  assert.is(bench.output, "not done within 5 s");
});

test("HealthChecks lets no time count in which the node itself stood still", () => {
  const bench = new Bench();
  bench.register([tcp, ttl], { deregisterAfterMs: 40_000 });
  bench.run("passing");
  bench.step({ type: "report", id: "web", check: "beat", outcome: { state: "passing", output: "" } });
  const { runId } = bench.nextRun();
  bench.nowMs += 60_000;
  assert.equal(bench.step({ type: "wake" }), []);
  bench.step({ type: "result", runId, outcome: { state: "passing", output: "" } });
  assert.is(bench.state, "passing", "what came meanwhile is seen first");
  bench.pass(10_000);
  assert.is(bench.checks.health("web")?.checks[1]?.state, "critical", "and for 10 s at most");
  bench.nowMs += 60_000;
  bench.step({ type: "wake" });
  assert.equal(bench.take("deregister"), []);
});

test("HealthChecks counts a result as failed that comes when its time is up", () => {
  const bench = new Bench();
  bench.register([tcp]);
  const { runId } = bench.nextRun();
  bench.nowMs += tcp.timeoutMs;
  bench.step({ type: "result", runId, outcome: { state: "passing", output: "" } });
  assert.is(bench.state, "critical");
  bench.step({ type: "result", runId, outcome: { state: "passing", output: "" } });
  assert.is(bench.state, "critical", "a run ends once");
});

test("HealthChecks waits for reports, and for the next after each", () => {
  const bench = new Bench();
  bench.register([ttl]);
  assert.is(bench.output, "nobody reported yet");
  const beat = { type: "report", id: "web", check: undefined, outcome: { state: "passing", output: "fine" } } as const;
  bench.step(beat);
  assert.is(bench.state, "passing");
  bench.pass(29_999);
  bench.step(beat);
  bench.pass(29_999);
  assert.is(bench.state, "passing");
  bench.pass(1);
  assert.is(bench.state, "critical");
  assert.is(bench.output, "nobody reported for 30 s");
});

test("HealthChecks.reportFault() says why a report cannot be taken", () => {
  const bench = new Bench();
  bench.register([tcp]);
  const none = "it has no check of type ttl, and only those wait for reports; register it with one";
  for (const name of [undefined, "tcp", "beat"]) assert.is(bench.checks.reportFault("web", name), none);
  bench.register([ttl, { ...ttl, name: "pulse" }, tcp]);
  const fix = 'name one of "beat", "pulse"';
  assert.is(bench.checks.reportFault("web", undefined), `it has 2 checks of type ttl; ${fix}`);
  assert.is(bench.checks.reportFault("web", "heart"), `it has no check "heart"; ${fix}`);
  const wrong = 'check "tcp" is of type tcp, and only ttl waits for reports';
  assert.is(bench.checks.reportFault("web", "tcp"), `${wrong}; ${fix}`);
  assert.is(bench.checks.reportFault("web", "pulse"), undefined);
});

test("HealthChecks goes on with what was known before a restart, of checks that did not change", () => {
  const bench = new Bench();
  const known = { state: "passing", output: "connected", sinceMs: startMs - 5_000 } as const;
  const former = {
    definitions: [tcp, ttl],
    health: {
      state: "passing",
      sinceMs: startMs - 4_000,
      checks: [
        { name: "tcp", ...known },
        // The clock was put back since.
        { name: "beat", ...known, sinceMs: startMs + 60_000 },
      ],
    },
  } as const;
  bench.register([{ ...tcp, intervalMs: 20_000 }, ttl], { former });
  const checks = [
    { name: "tcp", ...known },
    { name: "beat", ...known, sinceMs: startMs },
  ];
  assert.equal(bench.checks.health("web"), { state: "passing", sinceMs: startMs - 4_000, checks });
  bench.step({ type: "deregister", id: "web" });
  bench.register([{ ...tcp, address: "127.0.0.1:81" } as ResolvedCheck, ttl], { former });
  assert.is(bench.state, "critical");
  assert.is(bench.output, "not checked yet");
  assert.equal(bench.checks.health("web")?.checks[1], checks[1]);
});

test("HealthChecks keeps the state of checks that did not change, whatever the order of headers", () => {
  const bench = new Bench();
  const http: ResolvedCheck = { type: "http", name: "http", url: "http://h/", headers: { a: "1", b: "2" }, ...timing };
  bench.register([http]);
  bench.run("passing");
  bench.register([{ ...http, headers: { b: "2", a: "1" }, intervalMs: 5_000 }]);
  assert.is(bench.state, "passing");
  bench.register([{ ...http, headers: { a: "1", b: "3" } }]);
  assert.is(bench.state, "critical");
});

test("HealthChecks takes a critical service out once, by time in which somebody looked", () => {
  const bench = new Bench();
  bench.register([tcp], { deregisterAfterMs: 100 });
  const { runId } = bench.nextRun();
  bench.pass(4_000);
  bench.step({ type: "result", runId, outcome: { state: "critical", output: "" } });
  assert.is(bench.take("changed").length, 1);
  bench.pass(99);
  assert.equal(bench.take("deregister"), []);
  bench.register([tcp], { deregisterAfterMs: 100 });
  bench.pass(99);
  assert.equal(bench.take("deregister"), [], "registering again starts the time anew");
  bench.pass(1);
  assert.equal(bench.take("deregister"), [{ type: "deregister", id: "web", reason: "critical for 100 ms" }]);
  assert.is(bench.checks.health("web"), undefined);
  bench.pass(100_000);
  assert.equal(bench.effects, []);
});

test("HealthChecks tells of words alone once a minute, and not while a check passes", () => {
  const bench = new Bench();
  bench.register([tcp]);
  for (let run = 0; run < 20; run++) bench.run("passing", `uptime ${run}`);
  assert.is(bench.take("changed").length, 1);
  for (let run = 0; run < 19; run++) bench.run("critical", `failure ${run}`);
  const told = bench.take("changed").map((effect) => effect.type === "changed" && effect.reason);
  assert.equal(told.slice(0, 2), ['check "tcp" is critical: failure 0', 'check "tcp" is critical: failure 5']);
  assert.is(told.length, 4);
});

test("HealthChecks tells at once of a fault that is found first, though the check is as critical as before", () => {
  const bench = new Bench();
  bench.register([tcp]);
  bench.run("critical", "no such program");
  bench.run("critical", "still none");
  const told = bench.take("changed").map((effect) => effect.type === "changed" && effect.reason);
  assert.equal(told, ['check "tcp" is critical: no such program']);
});

test("HealthChecks cuts what checks say", () => {
  const bench = new Bench();
  bench.register([tcp]);
  bench.run("passing", `${"é".repeat(2_000)}`);
  assert.is(bench.output, "é".repeat(512));
});

test("HealthChecks ends runs of a service that is taken out, and hears no more of them", () => {
  const bench = new Bench();
  bench.register([tcp]);
  const { runId } = bench.nextRun();
  const [cancel] = bench.step({ type: "deregister", id: "web" });
  assert.equal(cancel, { type: "cancel", runId });
  assert.is(bench.checks.running, 1, "it holds its place until it is over");
  bench.step({ type: "result", runId, outcome: { state: "passing", output: "" } });
  assert.is(bench.checks.running, 0);
  assert.is(bench.checks.wakeAtMs, Number.POSITIVE_INFINITY);
});

test.run();

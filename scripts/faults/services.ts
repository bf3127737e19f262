/** Services that die, hang, are overloaded, and lose their nodes, under a client that balances its calls over them. */
import { DisposalStack, type Random } from "../../src/base/mod.ts";
import { connect, ServiceBalancer } from "../../src/client/mod.ts";
import { CallLog } from "./call_log.ts";
import { GreeterProcess } from "./greeter_process.ts";
import { type Seat, Seats, sleep } from "./seats.ts";

export interface ServicesSettings {
  readonly random: Random;
  readonly profile: "lan" | "local";
  /** All of it. */
  readonly seconds: number;
  /** Calls. */
  readonly recordsPerSecond: number;
  readonly onProgress: (line: string) => void;
}

const name = "greeter";
const callTimeoutMs = 1_000;
const firstCallTimeoutMs = 30_000;
/** As examples/greeter.ts has it: the interval of its check, the check's own time; and what the news take. */
const checkMs = 1_000 + 500 + 500;
/** What leaves in good order is found no more within it. */
const leaveMsMax = 1_000;
const vanishMsMax = 60_000;
const pollMs = 10;
/** Of all calls. */
const failedPartMax = 0.01;

/** Resolves with what came out, in words; rejects when anything is not as it should be. */
export async function services(settings: ServicesSettings): Promise<string> {
  const { random, profile } = settings;
  await using seats = await Seats.open({ random, profile });
  for (const seat of seats.all) await seats.start(seat);
  await using owned = new DisposalStack();
  const greeters: GreeterProcess[] = [];
  for (const [index, at] of [0, 0, 1, 1, 2].entries()) {
    const { rpcUrl } = seats.all[at] as Seat;
    greeters.push(owned.use(await GreeterProcess.start(`${name}-${index + 1}`, rpcUrl)));
  }
  await using client = connect(seats.urls);
  await Promise.all(seats.all.map(({ rpcUrl }) => vanishing(rpcUrl, (ids) => ids.length === greeters.length)));
  await using balancer = new ServiceBalancer({ service: name, services: client.services, timeoutMs: callTimeoutMs });
  // The first call waits until the balancer was told of instances.
  await (await balancer.fetch("/", { timeoutMs: firstCallTimeoutMs })).text();
  using log = new CallLog((origin) => greeters.find(({ url }) => url === origin)?.id);
  const show = new Show(settings, { seats, greeters, log });
  const over = new AbortController();
  const calling = callAll(balancer, settings.recordsPerSecond, { log, signal: over.signal });
  try {
    await show.run();
  } finally {
    over.abort();
    await calling;
    for (const line of log.timeline()) settings.onProgress(line);
  }
  return show.verdict();
}

/** Calls at a steady rate, however long each takes. */
async function callAll(
  balancer: ServiceBalancer,
  callsPerSecond: number,
  { log, signal }: { readonly log: CallLog; readonly signal: AbortSignal },
): Promise<void> {
  const onTheirWay = new Set<Promise<void>>();
  const beganAtMs = performance.now();
  const call = async (): Promise<void> => {
    try {
      const response = await balancer.fetch("/");
      await response.text();
      log.ended(response.ok ? undefined : String(response.status));
    } catch (error) {
      log.ended(error);
    }
  };
  for (let begun = 0; !signal.aborted; ) {
    for (; begun < ((performance.now() - beganAtMs) * callsPerSecond) / 1_000; begun++) {
      const one = call().finally(() => onTheirWay.delete(one));
      onTheirWay.add(one);
    }
    await sleep(2);
  }
  await Promise.all(onTheirWay);
}

class Show {
  readonly #settings: ServicesSettings;
  readonly #seats: Seats;
  readonly #greeters: readonly GreeterProcess[];
  readonly #log: CallLog;
  readonly #findings: string[] = [];
  readonly #faults: string[] = [];
  #inFlight = 0;

  constructor(
    settings: ServicesSettings,
    cast: { readonly seats: Seats; readonly greeters: readonly GreeterProcess[]; readonly log: CallLog },
  ) {
    this.#settings = settings;
    this.#seats = cast.seats;
    this.#greeters = cast.greeters;
    this.#log = cast.log;
  }

  async run(): Promise<void> {
    const [a, , c] = this.#seats.all as [Seat, Seat, Seat];
    const [first, second, third, , fifth] = this.#greeters as [
      ...[GreeterProcess, GreeterProcess, GreeterProcess, GreeterProcess, GreeterProcess],
    ];
    await this.#rest();
    await this.#watching(first, "is killed", async () => {
      await first.kill();
      this.#inFlight += this.#log.inFlight(first.id, this.#log.nowMs);
    });
    await this.#watching(second, "hangs", () => second.be("hanging"));
    await second.be("well");
    this.#log.note(`${second.id} is well again`);
    this.#log.note(`${third.id} is overloaded`);
    await third.be("overloaded");
    await this.#rest();
    await third.be("well");
    this.#log.note(`${third.id} is well again`);
    await this.#rest();
    await this.#killNode(c, fifth);
    await this.#rest();
    await this.#leave(a);
    await this.#rest();
  }

  verdict(): string {
    const { count, failures } = this.#log;
    const beyond = Math.max(0, failures - this.#inFlight);
    if (beyond > failedPartMax * count) this.#faults.push(`${beyond} failed calls are too many`);
    if (count < (this.#settings.seconds * this.#settings.recordsPerSecond) / 2)
      this.#faults.push(`${count} calls are too few`);
    const part = ((100 * beyond) / count).toFixed(3);
    const text = [
      `${count} calls, ${failures} failed, ${part} % beyond those on their way at a kill`,
      ...this.#findings,
    ].join("; ");
    if (this.#faults.length > 0) throw new Error([text, ...this.#faults].join("\n  "));
    return text;
  }

  /** Part of the whole time. */
  #rest(): Promise<void> {
    return sleep((this.#settings.seconds * 1_000) / 8);
  }

  /** Makes an instance sick, and sees that nobody is sent to it once its check had the time to tell. */
  async #watching(greeter: GreeterProcess, what: string, fall: () => Promise<void>): Promise<void> {
    const log = this.#log;
    log.note(`${greeter.id} ${what}`);
    await fall();
    const atMs = log.nowMs;
    await sleep(checkMs);
    await this.#rest();
    const untilMs = log.nowMs;
    const last = log.lastTryMs(greeter.id, atMs, untilMs);
    const afterCheck = log.tries(greeter.id, atMs + checkMs, untilMs);
    const told =
      last === undefined ? "no call went to it any more" : `the last call went to it ${last.toFixed(0)} ms after`;
    this.#findings.push(`${greeter.id} ${what}: ${told}`);
    if (afterCheck > 0) this.#faults.push(`${afterCheck} calls went to ${greeter.id} more than ${checkMs} ms after`);
  }

  async #killNode(seat: Seat, greeter: GreeterProcess): Promise<void> {
    this.#log.note(`node ${seat.name} is killed, and ${greeter.id} with it`);
    const beganAtMs = performance.now();
    await Promise.all([this.#seats.kill(seat), greeter.kill()]);
    this.#inFlight += this.#log.inFlight(greeter.id, this.#log.nowMs);
    const others = this.#seats.taken;
    const failedMs = Promise.all(others.map(({ rpcUrl }) => failing(rpcUrl, seat.name)));
    const goneMs = Promise.all(others.map(({ rpcUrl }) => vanishing(rpcUrl, (ids) => !ids.includes(greeter.id))));
    await Promise.all([failedMs, goneMs]);
    const after = async (times: Promise<number[]>): Promise<string> =>
      (Math.max(...(await times)) - beganAtMs).toFixed(0);
    this.#findings.push(
      `node ${seat.name} killed: its service is found on no node after ${await after(goneMs)} ms, the node is failed to all after ${await after(failedMs)} ms`,
    );
  }

  /** A node that leaves in good order: its services are at no other one any more, whatever becomes of their processes. */
  async #leave(seat: Seat): Promise<void> {
    this.#log.note(`node ${seat.name} leaves`);
    const beganAtMs = performance.now();
    const left = this.#seats.leave(seat);
    const others = this.#seats.taken;
    const isGone = (nodes: readonly string[]): boolean => !nodes.includes(seat.name);
    const goneMs =
      Math.max(...(await Promise.all(others.map(({ rpcUrl }) => vanishing(rpcUrl, () => true, isGone))))) - beganAtMs;
    await left;
    this.#findings.push(`node ${seat.name} left: its services are found on no node after ${goneMs.toFixed(0)} ms`);
    if (goneMs > leaveMsMax) this.#faults.push(`services of a node that left were found for ${goneMs.toFixed(0)} ms`);
  }
}

/** Resolves with the time when a node finds these instances, of these nodes. */
async function vanishing(
  rpcUrl: string,
  areRight: (ids: readonly string[]) => boolean,
  areRightNodes: (nodes: readonly string[]) => boolean = () => true,
): Promise<number> {
  await using client = connect(rpcUrl, { failover: false });
  return await until(`${rpcUrl} finds the right instances of ${name}`, async () => {
    const found = await client.services.lookUp({ name });
    return areRight(found.map(({ id }) => id)) && areRightNodes(found.map(({ node }) => node));
  });
}

/** Resolves with the time when a node takes another one for dead. */
async function failing(rpcUrl: string, node: string): Promise<number> {
  await using client = connect(rpcUrl, { failover: false });
  return await until(`${rpcUrl} knows that ${node} is dead`, async () =>
    (await client.members()).every((member) => member.name !== node || member.status !== "alive"),
  );
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<number> {
  const deadlineMs = performance.now() + vanishMsMax;
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) throw new Error(`Waited ${vanishMsMax} ms in vain until ${what}`);
    await sleep(pollMs);
  }
  return performance.now();
}

/**
 * Idempotent producers in a process of their own, that offer records at a steady rate whatever becomes of the nodes. Reads a
 * command a line: `counts`; `finish` sends no more, waits until each send has come to its end, writes down what became of
 * each record, and answers with the counts of all.
 */
import { createInterface } from "node:readline";
import { type ClientError, connect, type Producer } from "../../src/client/mod.ts";
import { NumberTable } from "./number_table.ts";
import { fates, fatesFile, producersCount, type RushProducersOptions, type RushSent } from "./rush_types.ts";
import { writeValue } from "./rush_value.ts";

const tickMs = 5;
/** What cannot be sent for longer than that is not sent at all. */
const arrearsMsMax = 2_000;
/** What comes to a send may come so much later than its deadline, and as much as this process was held up at worst. */
const graceMs = 1_000;
const latencyMsMax = 60_000;
/** Below the producers' own bound: no send waits before it is packed. */
const bytesUnansweredMax = 8_000_000;
const options = JSON.parse(process.argv[2] ?? "{}") as RushProducersOptions;

class Counts {
  offered = 0;
  sent = 0;
  acknowledged = 0;
  shed = 0;
  slow = 0;
  overdue = 0;
  stallMs = 0;
  readonly failed = new Map<string, number>();
  /** Answered sends by whole milliseconds. */
  readonly #latencies = new Uint32Array(latencyMsMax + 1);
  #latenciesCount = 0;

  latency(ms: number): void {
    const index = Math.min(latencyMsMax, Math.ceil(ms));
    this.#latencies[index] = (this.#latencies[index] as number) + 1;
    this.#latenciesCount++;
  }

  toJson(): RushSent {
    const { offered, sent, acknowledged, shed, slow, overdue, stallMs } = this;
    const percentilesMs = [0.5, 0.99, 0.999, 1].map((part) => this.#percentileMs(part));
    const failed = Object.fromEntries(this.failed);
    return { offered, sent, acknowledged, shed, slow, overdue, stallMs, failed, percentilesMs };
  }

  #percentileMs(part: number): number {
    const wanted = Math.max(1, Math.ceil(part * this.#latenciesCount));
    let count = 0;
    for (let ms = 0; ms <= latencyMsMax; ms++) {
      count += this.#latencies[ms] as number;
      if (count >= wanted) return ms;
    }
    return 0;
  }
}

class Offering {
  readonly #index: number;
  readonly #producer: Producer;
  readonly #fates = new NumberTable();
  /** Resolves when nothing more is sent. */
  readonly #running: Promise<void>;
  #isOver = false;
  /** Of this producer. */
  #sent = 0;
  #settled = 0;

  constructor(index: number) {
    this.#index = index;
    // Each begins at another node.
    const urls = options.urls.map((_, at) => options.urls[(at + index) % options.urls.length] as string);
    const { deliveryTimeoutMs, replicated } = options;
    const acks = replicated > 1 ? { replicated } : {};
    this.#producer = connect(urls).producer(options.topic, { acks, deliveryTimeoutMs, timeoutMs: deliveryTimeoutMs });
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    const perMs = options.recordsPerSecond / producersCount / 1_000;
    let owed = 0;
    let countedAtMs = performance.now();
    while (!this.#isOver) {
      await sleep(tickMs);
      const nowMs = performance.now();
      counts.stallMs = Math.max(counts.stallMs, nowMs - countedAtMs - tickMs);
      const due = (nowMs - countedAtMs) * perMs;
      countedAtMs = nowMs;
      counts.offered += due;
      owed += due;
      while (owed >= 1 && this.#hasRoom()) {
        owed--;
        this.#send();
      }
      const shed = Math.max(0, owed - arrearsMsMax * perMs);
      counts.shed += shed;
      owed -= shed;
    }
  }

  /** Resolves when each send has come to its end. */
  async finish(): Promise<void> {
    this.#isOver = true;
    await this.#running;
    await this.#producer.flush().catch(() => {});
    while (this.#settled < this.#sent) await sleep(tickMs);
    await this.#producer[Symbol.asyncDispose]();
    this.#fates.write(fatesFile(options.ledger, this.#index));
  }

  /** Sends that wait would be older than their batches. */
  #hasRoom(): boolean {
    return this.#producer.bytesUnanswered < bytesUnansweredMax;
  }

  #send(): void {
    const number = this.#sent++;
    counts.sent++;
    const sentAtMs = performance.now();
    const value = writeValue({ producer: this.#index, number });
    this.#producer.send({ value }).then(
      () => {
        const tookMs = performance.now() - sentAtMs;
        counts.acknowledged++;
        counts.latency(tookMs);
        if (tookMs > options.deliveryTimeoutMs) counts.slow++;
        this.#judge(tookMs);
        this.#settle(number, fates.acknowledged);
      },
      ({ code, fate }: ClientError) => {
        this.#judge(performance.now() - sentAtMs);
        counts.failed.set(code, (counts.failed.get(code) ?? 0) + 1);
        this.#settle(number, fate === "unsent" || fate === "rejected" ? fates.refused : fates.unknown);
      },
    );
  }

  #judge(tookMs: number): void {
    if (tookMs > options.deliveryTimeoutMs + graceMs + counts.stallMs) counts.overdue++;
  }

  #settle(number: number, fate: number): void {
    this.#fates.set(number, fate);
    this.#settled++;
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const counts = new Counts();
const offerings = Array.from({ length: producersCount }, (_, index) => new Offering(index));

const commands: Readonly<Record<string, () => Promise<RushSent>>> = {
  counts: async () => counts.toJson(),
  finish: async () => {
    await Promise.all(offerings.map((offering) => offering.finish()));
    return counts.toJson();
  },
};
for await (const line of createInterface({ input: process.stdin })) {
  try {
    console.log(JSON.stringify({ answer: await commands[line]?.() }));
  } catch (error) {
    console.log(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
  }
  if (line === "finish") break;
}
process.exit(0);

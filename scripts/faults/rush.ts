/** Clients at full rate against a cluster whose nodes are killed all the time: what their records come to. */
import { mkdirSync } from "node:fs";
import path from "node:path";
import type { Random } from "../../src/base/mod.ts";
import { connect } from "../../src/client/mod.ts";
import { DrivenProcess } from "./driven_process.ts";
import type { RushGiven, RushOptions, RushProducersOptions, RushSent, RushVerdict } from "./rush_types.ts";
import { type Seat, Seats, sleep } from "./seats.ts";

export interface RushSettings {
  readonly random: Random;
  readonly profile: "lan" | "local";
  readonly seconds: number;
  readonly recordsPerSecond: number;
  /** Nodes that must hold a record before it is acknowledged. */
  readonly replicated: number;
  readonly onProgress: (line: string) => void;
}

const topic = "rush";
const killEveryMs = 5_000;
const downMsMax = 1_500;
const deliveryTimeoutMs = 20_000;
const progressEveryMs = 10_000;
const convergeMsMax = 300_000;
/** A consumer that was given nothing for so long has been given all that it will be: less, once it has what was promised. */
const givenNothingMsMax = 30_000;
const givenAllMs = 2_000;

/** Kills nodes at their beats until the time is over. One is up at any moment, or the beat is left out. */
class Kills {
  readonly #settings: RushSettings;
  readonly #seats: Seats;
  readonly #restarts = new Set<Promise<void>>();
  #failure: Error | undefined;
  count = 0;
  leftOut = 0;

  constructor(settings: RushSettings, seats: Seats) {
    this.#settings = settings;
    this.#seats = seats;
  }

  async run(untilMs: number): Promise<void> {
    for (;;) {
      await sleep(killEveryMs);
      if (this.#failure !== undefined) throw this.#failure;
      if (performance.now() >= untilMs) break;
      const { taken } = this.#seats;
      if (taken.length > 1) this.#strike(this.#settings.random.pick(taken) as Seat);
      else this.leftOut++;
    }
    await Promise.all(this.#restarts);
    if (this.#failure !== undefined) throw this.#failure;
  }

  #strike(seat: Seat): void {
    this.count++;
    const downMs = this.#settings.random.between(0, downMsMax);
    const restart = this.#seats
      .kill(seat)
      .then(() => sleep(downMs))
      .then(() => this.#seats.start(seat))
      .catch((error: Error) => {
        this.#failure ??= error;
      })
      .finally(() => this.#restarts.delete(restart));
    this.#restarts.add(restart);
  }
}

/** Resolves with what came out, in words; rejects when anything is not as it should be. */
export async function rush(settings: RushSettings): Promise<string> {
  const { random, profile, seconds, recordsPerSecond, replicated } = settings;
  await using seats = await Seats.open({ random, profile });
  const ledger = path.join(seats.directory, "ledger");
  mkdirSync(ledger);
  for (const seat of seats.all) await seats.start(seat);
  const shared = { topic, urls: seats.urls, ledger };
  const asked: RushProducersOptions = {
    ...{ ...shared, name: "the producers", recordsPerSecond, replicated, deliveryTimeoutMs },
  };
  const observing = { ...shared, name: "the observer", convergeMsMax };
  await using observer = new DrivenProcess("./observer_process.ts", observing);
  await using client = connect(seats.urls);
  await client.createTopic(topic);
  await observer.ask("converge");
  await using producers = new DrivenProcess("./rush_producers_process.ts", asked);
  const consuming: RushOptions = { ...shared, name: "the consumer" };
  await using consumer = new DrivenProcess("./rush_consumer_process.ts", consuming);
  const beganAtMs = performance.now();
  const kills = new Kills(settings, seats);
  const progress = new Progress(settings, { producers, consumer, kills, beganAtMs });
  try {
    await kills.run(beganAtMs + seconds * 1_000);
  } finally {
    progress.stop();
  }
  const elapsedSeconds = (performance.now() - beganAtMs) / 1_000;
  const sent = await producers.ask<RushSent>("finish");
  const convergedMs = await observer.ask<number>("converge");
  const given = await allGiven(consumer, sent.acknowledged);
  await consumer.ask("finish");
  const checking: RushOptions = { ...shared, name: "the checker" };
  await using checker = new DrivenProcess("./rush_checker_process.ts", checking);
  const verdict = await checker.ask<RushVerdict>("check");
  const text = [
    `${kills.count} kills in ${elapsedSeconds.toFixed(0)} s (${kills.leftOut} left out)`,
    describeSent(sent, elapsedSeconds),
    `all nodes alike ${(convergedMs / 1_000).toFixed(1)} s after the last send`,
    describeVerdict(verdict, given),
  ].join("; ");
  if (!isGood(sent, given, verdict)) throw new Error(text);
  return text;
}

/** Says how it goes, every ten seconds. */
class Progress {
  readonly #timer: ReturnType<typeof setInterval>;
  #before = { atMs: 0, acknowledged: 0, given: 0 };

  constructor(
    { onProgress }: RushSettings,
    running: {
      readonly producers: DrivenProcess;
      readonly consumer: DrivenProcess;
      readonly kills: Kills;
      readonly beganAtMs: number;
    },
  ) {
    this.#timer = setInterval(async () => {
      try {
        const sent = await running.producers.ask<RushSent>("counts");
        const { given, failovers } = await running.consumer.ask<RushGiven>("counts");
        const atMs = performance.now() - running.beganAtMs;
        const perSecond = (now: number, before: number): string =>
          (((now - before) * 1_000) / (atMs - this.#before.atMs)).toFixed(0);
        onProgress(
          [
            `${(atMs / 1_000).toFixed(0)} s, ${running.kills.count} kills`,
            `${perSecond(sent.acknowledged, this.#before.acknowledged)} acknowledged a second`,
            `${perSecond(given, this.#before.given)} given, ${failovers} failovers`,
            `${sent.shed.toFixed(0)} not sent, failed ${JSON.stringify(sent.failed)}`,
          ].join(", "),
        );
        this.#before = { atMs, acknowledged: sent.acknowledged, given };
      } catch (error) {
        onProgress(error instanceof Error ? error.message : String(error));
      }
    }, progressEveryMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

async function allGiven(consumer: DrivenProcess, promised: number): Promise<RushGiven> {
  let counts = await consumer.ask<RushGiven>("counts");
  const patienceMs = (): number => (counts.given >= promised ? givenAllMs : givenNothingMsMax);
  for (let lastAtMs = performance.now(); performance.now() < lastAtMs + patienceMs(); ) {
    await sleep(givenAllMs / 4);
    const now = await consumer.ask<RushGiven>("counts");
    if (now.given > counts.given) lastAtMs = performance.now();
    counts = now;
  }
  return counts;
}

function describeSent(sent: RushSent, seconds: number): string {
  const perSecond = (count: number): string => (count / seconds).toFixed(0);
  const [half, most, nearlyAll, all] = sent.percentilesMs;
  return [
    `${perSecond(sent.offered)} records a second offered, ${perSecond(sent.acknowledged)} acknowledged, ${sent.acknowledged} in all`,
    `${sent.shed.toFixed(0)} not sent while too much was unanswered`,
    `${sent.sent - sent.acknowledged} failed ${JSON.stringify(sent.failed)}`,
    `answered after ${half} ms (50 %), ${most} ms (99 %), ${nearlyAll} ms (99.9 %), ${all} ms (all)`,
    `${sent.slow} after their deadline of ${deliveryTimeoutMs} ms, ${sent.overdue} more than 1 s after it and what the client itself was held up (${sent.stallMs.toFixed(0)} ms)`,
  ].join(", ");
}

function describeVerdict(verdict: RushVerdict, { given, repeated, failovers }: RushGiven): string {
  return [
    `each node holds ${[...new Set(verdict.held)].join(" or ")}`,
    `the consumer was given ${given} over ${failovers} failovers`,
    `${verdict.lost} lost, ${verdict.repeated} repeated by a node, ${repeated} by the consumer`,
    `${verdict.notGiven} not given, ${verdict.outOfOrder} out of order, ${verdict.altered} altered, ${verdict.unlike} unlike elsewhere`,
    `${verdict.refusedAndHeld} held though refused, ${verdict.unknownAndHeld} of unknown fate held`,
  ].join(", ");
}

function isGood(sent: RushSent, given: RushGiven, verdict: RushVerdict): boolean {
  const { lost, repeated, altered, outOfOrder, unlike, refusedAndHeld, notGiven } = verdict;
  const faults = lost + repeated + altered + outOfOrder + unlike + refusedAndHeld + notGiven;
  return sent.acknowledged > 0 && faults + given.repeated + given.altered + sent.overdue === 0;
}

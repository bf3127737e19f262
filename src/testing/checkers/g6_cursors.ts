import type { WriterId } from "../../base/mod.ts";
import { batchWords, type Checker, type Observation, type SeenBatch } from "../observation.ts";
import { LowWaterMarks } from "./low_water_marks.ts";
import { TwinBatches } from "./twins.ts";

/**
 * G6: a cursor works on any node: whatever a consumer is connected to, nothing repeats, and nothing is skipped but what
 * somebody had forgotten, which it is told as a gap.
 */
export class Cursors implements Checker {
  readonly name = "G6 cursors neither skip nor repeat";
  readonly #sequences = new Map<string, number>();
  readonly #marks = new LowWaterMarks();
  readonly #forked = new Set<WriterId>();
  /** By node. */
  readonly #writers = new Map<string, WriterId>();
  /** Those that a node had before, by node and writer: it knows them, unless its directory is lost. */
  readonly #formerWriters = new Set<string>();
  readonly #twins = new TwinBatches();
  /** What consumers were told is gone, by consumer, topic and writer. */
  readonly #gone = new Map<string, { readonly first: number; readonly last: number }[]>();
  /** Produces that consumers gave to their users, by consumer, topic and stamp. */
  readonly #given = new Set<string>();

  observe(observation: Observation): string | undefined {
    this.#marks.observe(observation);
    this.#twins.observe(observation);
    if (observation.type === "forked") this.#forked.add(observation.writer);
    if (observation.type === "writer") this.#takeWriter(observation.node, observation.writer);
    if (observation.type === "reopened" && observation.wiped) this.#forgetWriters(observation.node);
    if (observation.type !== "consumed") return undefined;
    const { consumer, node, batch, isTwin = false, isFromEarliest = false } = observation;
    const { topic, writer, stamp } = batch;
    const key = `${consumer}/${topic}/${writer}`;
    const last = this.#sequences.get(key) ?? 0;
    this.#sequences.set(key, Math.max(last, batch.baseSequence + batch.count - 1));
    if (batch.kind === "gap") this.#tellGone(key, batch);
    if (this.#forked.has(writer)) {
      // What its owner produces again is left out for who had it from here.
      if (stamp !== undefined && batch.kind === "records") this.#given.add(`${consumer}/${topic}/${stamp}`);
      return undefined;
    }
    if (stamp !== undefined && batch.kind === "records") {
      const given = `${consumer}/${topic}/${stamp}`;
      if (this.#given.has(given) && !isTwin) return `${consumer} was given ${batchWords(batch)} twice, produced twice`;
      this.#given.add(given);
    }
    if (batch.kind === "gap" && !this.#marks.explains(batch)) {
      return `${consumer} was told by ${node} that ${batchWords(batch)} is gone, which nobody had forgotten`;
    }
    const left = { topic, writer, first: last + 1, last: batch.baseSequence - 1 };
    const isPassed = (twin: string): boolean =>
      this.#given.has(`${consumer}/${topic}/${twin}`) ||
      this.#wasToldGone(consumer, topic, twin) ||
      this.#seemsGiven(consumer, node, topic, twin);
    if (left.last >= left.first && this.#twins.areAll(left, isPassed)) return undefined;
    // Who asks for the earliest record is given what is there: nobody tells of what had gone before.
    if (isFromEarliest && last === 0 && left.last < this.#marks.of(batch)) return undefined;
    // A gap may begin below: another node held more of it.
    if (batch.baseSequence === last + 1 || (batch.kind === "gap" && batch.baseSequence <= last)) return undefined;
    return `${consumer} got ${batchWords(batch)} from ${node}, after sequence ${last}`;
  }

  finish(): string[] {
    return [];
  }

  /**
   * True when the produce stands, too, in one history of a forked feed of which the consumer has read as much of another:
   * cursors count alike in both, and no node need know yet that there are two, but one that goes on as another writer since.
   */
  #seemsGiven(consumer: string, node: string, topic: string, stamp: string): boolean {
    for (const [writer, last] of this.#twins.placesOf(topic, stamp)) {
      if (!this.#forked.has(writer) || this.#formerWriters.has(`${node}/${writer}`)) continue;
      if ((this.#sequences.get(`${consumer}/${topic}/${writer}`) ?? 0) >= last) return true;
    }
    return false;
  }

  #tellGone(key: string, { baseSequence: first, count }: SeenBatch): void {
    const ranges = this.#gone.get(key) ?? [];
    this.#gone.set(key, ranges);
    ranges.push({ first, last: first + count - 1 });
  }

  /**
   * True when the consumer was told of the same produce, where it stands elsewhere, that it is gone: cursors count that as
   * read, and what another node still has of it does not come later.
   */
  #wasToldGone(consumer: string, topic: string, stamp: string): boolean {
    for (const [writer, last] of this.#twins.placesOf(topic, stamp)) {
      const ranges = this.#gone.get(`${consumer}/${topic}/${writer}`) ?? [];
      if (ranges.some((range) => range.first <= last && last <= range.last)) return true;
    }
    return false;
  }

  #takeWriter(node: string, writer: WriterId): void {
    const former = this.#writers.get(node);
    if (former !== undefined && former !== writer) this.#formerWriters.add(`${node}/${former}`);
    this.#writers.set(node, writer);
  }

  #forgetWriters(node: string): void {
    this.#writers.delete(node);
    for (const former of this.#formerWriters) if (former.startsWith(`${node}/`)) this.#formerWriters.delete(former);
  }
}

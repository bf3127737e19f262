/**
 * What a topic knows of its producers, read from the disk when somebody first needs it, and kept up from then on. A topic
 * without stamped batches never reads anything.
 */
import { type FrameHeader, type ProducerStamp, sameChain, usableProducerStamp, type WriterId } from "../base/mod.ts";
import { chainAt } from "./chain_at.ts";
import { LogClosedError, LogCorruptError, LogOverloadedError } from "./errors.ts";
import { FileRetiredError } from "./file_pool.ts";
import { headersIn, visitStamped } from "./headers_search.ts";
import { topicPath } from "./paths.ts";
import { Producers, type Verdict } from "./producers.ts";
import { decodeProducers, encodeProducers, type ProducersAt } from "./producers_file.ts";
import type { BatchPlace } from "./recent_batches.ts";
import { producersName, segmentOfProducers } from "./segment.ts";
import type { TopicState } from "./topic_state.ts";

/** Files of one topic that stay: the newest, and one in case that it is damaged. */
const filesMax = 2;

/** What readers of a topic need to know of its producers. */
export interface KnownProducers {
  /** How many are known; 0 while nobody needed to know. */
  readonly count: number;
  /** What to wait for before the rest is right; undefined when it is. Never rejects: then nothing is known. */
  loading(): Promise<void> | undefined;
  /** Batches that are known to stand in the topic more than once, counting each place. */
  readonly twins: number;
  /** Where else the batch stands that begins at this sequence; undefined when it is not known to stand elsewhere. */
  twinsOf(writer: WriterId, baseSequence: number): readonly BatchPlace[] | undefined;
  /**
   * True when all records are still there that were produced with the batch, and whoever has read so far in its feed has
   * read them: of a feed that may have another history elsewhere nobody can say that.
   */
  holdsWhole(place: Pick<BatchPlace, "writer" | "baseSequence">): Promise<boolean>;
}

export class TopicProducers implements KnownProducers {
  readonly #state: TopicState;
  #ready: Producers | undefined;
  /** Stays once it succeeded, so that who waits for it keeps his turn. */
  #loading: Promise<Producers> | undefined;
  /** Stamped batches that were taken in while the disk is read. */
  #arrived: { readonly place: BatchPlace; readonly stamp: ProducerStamp }[] | undefined;
  /** Who waits to produce, and with how many bytes. */
  #waiting = 0;
  #waitingBytes = 0;
  #hasFailed = false;
  /** Nothing is read any more. */
  #isOver = false;
  /** Base offsets of the segments that have a file beside them, ascending. */
  #files: number[] = [];
  #writtenThrough = -1;
  #writing: Promise<void> = Promise.resolve();

  constructor(state: TopicState) {
    this.#state = state;
  }

  /** Called once the topic was opened, with the names in its directory. */
  opened(names: readonly string[]): void {
    this.#files = names.flatMap((name) => segmentOfProducers(name) ?? []).sort((left, right) => left - right);
    const isAnyStamped = this.#state.segments.some(({ index }) => index.stamped > 0);
    if (isAnyStamped || this.#files.length > 0) return;
    this.#ready = new Producers();
    this.#loading = Promise.resolve(this.#ready);
  }

  /** Undefined until it was loaded. */
  get ready(): Producers | undefined {
    return this.#ready;
  }

  get count(): number {
    return this.#ready?.size ?? 0;
  }

  get twins(): number {
    return this.#ready?.twins.size ?? 0;
  }

  twinsOf(writer: WriterId, baseSequence: number): readonly BatchPlace[] | undefined {
    return this.#ready?.twins.of(writer, baseSequence);
  }

  loading(): Promise<void> | undefined {
    if (this.#ready !== undefined || this.#hasFailed || this.#isOver) return undefined;
    return this.load().then(
      () => undefined,
      () => undefined,
    );
  }

  /** Reads what the disk tells. Rejects with what that says; the next call tries again. */
  load(): Promise<Producers> {
    this.#loading ??= this.#load().catch((error: unknown) => {
      this.#loading = undefined;
      this.#hasFailed = true;
      throw error;
    });
    return this.#loading;
  }

  /**
   * Calls `action`, which keeps so many bytes, once everything is known, those who came first before; at once when the topic is
   * over. Rejects with `LogOverloadedError` when too many bytes wait.
   */
  whenKnown<Result>(bytes: number, action: () => Promise<Result>): Promise<Result> {
    if ((this.#ready !== undefined && this.#waiting === 0) || this.#isOver) return action();
    const { pendingBytesMax } = this.#state.shared.options;
    if (this.#waiting > 0 && this.#waitingBytes + bytes > pendingBytesMax) {
      return Promise.reject(new LogOverloadedError(this.#waitingBytes, pendingBytesMax));
    }
    const left = (): void => {
      this.#waiting--;
      this.#waitingBytes -= bytes;
    };
    this.#waiting++;
    this.#waitingBytes += bytes;
    return this.load().then(
      () => {
        left();
        return action();
      },
      (error: unknown) => {
        left();
        if (this.#isOver) return action();
        throw error;
      },
    );
  }

  /** Nobody needs to know anything any more. Resolves when nothing is read or written. */
  async rest(): Promise<void> {
    this.#isOver = true;
    await this.#loading?.catch(() => undefined);
    await this.#writing.catch(() => undefined);
  }

  /** True when a blank frame was produced before, or must not be: once everything is known. */
  knows(frame: Uint8Array, { count }: FrameHeader): boolean {
    const stamp = usableProducerStamp(frame, 0, count);
    return stamp !== undefined && this.#ready !== undefined && this.#ready.judge(stamp, count).type !== "new";
  }

  /** Takes in a stamped batch that the log took in. */
  admit(place: BatchPlace, stamp: ProducerStamp): void {
    if (this.#ready === undefined) this.#arrived?.push({ place, stamp });
    else if (this.#ready.admit(place, stamp)) this.#state.shared.meter?.stamped?.("twin");
  }

  /** Somebody was answered with this. */
  told(verdict: Verdict["type"]): void {
    if (verdict === "fenced") this.#state.shared.meter?.stamped?.("fenced");
    else if (verdict === "duplicate" || verdict === "held") this.#state.shared.meter?.stamped?.("duplicate");
  }

  /** From the first stamped batch of a run on all are known, so that what is written at the end of a segment is whole. */
  loadSoon(): void {
    // Who needs it hears why it failed.
    if (this.#ready === undefined && !this.#hasFailed && !this.#isOver) void this.load().catch(() => undefined);
  }

  /** Writes down what is known, beside the segment that takes new frames. */
  write(): Promise<void> {
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#writeNow());
    return this.#writing;
  }

  /** Called before so many of the oldest segments go: what is known of their batches stays, also when the power fails. */
  async keepBeyond(count: number, sync: () => Promise<void>): Promise<void> {
    const stays = this.#state.segments[count]?.baseOffset ?? 0;
    const isTold = this.#files.some((baseOffset) => baseOffset >= stays);
    const isAnyGoing =
      this.#files.length > 0 || this.#state.segments.slice(0, count).some(({ index }) => index.stamped > 0);
    if (isTold || !isAnyGoing) return;
    await this.load();
    // What tells of more than the log holds is not believed after a power cut.
    await sync();
    await this.write();
  }

  /**
   * Batches between these offsets are to change their order: what is written down of those that stood below an offset among
   * them would be taken for all that stand there, and a retry of another one be stored again. They are read the next time.
   */
  readAgain(from: number, to: number): Promise<void> {
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#lowerFiles(from, to));
    return this.#writing;
  }

  /** The files of these segments are gone. */
  dropped(below: number): void {
    this.#files = this.#files.filter((baseOffset) => baseOffset >= below);
  }

  async holdsWhole({ writer, baseSequence }: Pick<BatchPlace, "writer" | "baseSequence">): Promise<boolean> {
    const state = this.#state;
    if (state.stopped.has(writer) || state.shared.formerWriters().includes(writer)) return false;
    const segment = state.segments.find(({ index }) => (index.feeds.get(writer)?.last ?? 0) >= baseSequence);
    const from = segment?.index.positionOfSequence(writer, baseSequence);
    if (segment === undefined || from === undefined) return false;
    try {
      for await (const { header } of headersIn(state, segment, { from, to: segment.bytes })) {
        if (header.writer !== writer || header.baseSequence < baseSequence) continue;
        return header.baseSequence === baseSequence && header.kind === "records" && !header.compacted;
      }
      return false;
    } catch (error) {
      // Retention or compaction took it at this moment: who is in doubt is given the records once more.
      if (error instanceof FileRetiredError) return false;
      throw error;
    }
  }

  async #load(): Promise<Producers> {
    const to = this.#state.nextOffset;
    // What is taken in from here on is not read, but waits until all before it is.
    this.#arrived = [];
    try {
      const written = await this.#readNewest(to);
      const producers = written?.producers ?? new Producers();
      await visitStamped(this.#state, { from: written?.nextOffset ?? 0, to }, ({ header, bytes, start }) => {
        if (this.#isOver) throw new LogClosedError();
        const { writer, baseSequence, baseOffset: offset, count } = header;
        const stamp = usableProducerStamp(bytes, start, count);
        if (stamp !== undefined) producers.admit({ writer, baseSequence, offset, count }, stamp);
      });
      for (const { place, stamp } of this.#arrived) producers.admit(place, stamp);
      this.#ready = producers;
      return producers;
    } finally {
      this.#arrived = undefined;
    }
  }

  /** The newest file that is one of this log's. Others go: they would only be in the way. */
  async #readNewest(nextOffset: number): Promise<ProducersAt | undefined> {
    const { directory, folder, name: topic, shared } = this.#state;
    for (let baseOffset = this.#files.pop(); baseOffset !== undefined; baseOffset = this.#files.pop()) {
      const name = producersName(baseOffset);
      const bytes = await directory.readFile(name);
      const written = bytes === undefined ? "it is missing" : decodeProducers(bytes, shared.options.checksum);
      const fault = typeof written === "string" ? written : await this.#misfitOf(written, nextOffset);
      if (fault === undefined && typeof written !== "string") {
        this.#files.push(baseOffset);
        return written;
      }
      shared.emit({ type: "index-rebuilt", topic, file: topicPath(folder, name), reason: fault ?? "" });
      await directory.remove(name);
    }
    return undefined;
  }

  /** Why the file tells of another history than the log's; undefined when it does not. */
  async #misfitOf({ nextOffset, end }: ProducersAt, logNextOffset: number): Promise<string | undefined> {
    if (nextOffset > logNextOffset) return `it tells of offset ${nextOffset - 1}, the log ends before ${logNextOffset}`;
    if ((this.#state.feeds.get(end.writer)?.have ?? 0) < end.sequence)
      return `the log ends before sequence ${end.sequence}`;
    const chain = await chainAt(this.#state, end.writer, end.sequence).catch((error: unknown) => {
      // Damage hides it: what is known nonetheless is not thrown away for that.
      if (error instanceof LogCorruptError) return undefined;
      throw error;
    });
    if (chain === undefined || (typeof chain === "object" && sameChain(chain, end.chain))) return undefined;
    return `it tells of another batch at sequence ${end.sequence} of writer ${end.writer}`;
  }

  async #lowerFiles(from: number, to: number): Promise<void> {
    const { directory, shared } = this.#state;
    // What is being read now is as it was.
    await this.#loading?.catch(() => undefined);
    for (const baseOffset of this.#files.slice()) {
      const name = producersName(baseOffset);
      const written = decodeProducers((await directory.readFile(name)) ?? new Uint8Array(0), shared.options.checksum);
      // One that cannot be read is found out by who loads it.
      if (typeof written === "string" || written.nextOffset <= from || written.nextOffset >= to) continue;
      await directory.replaceFile(name, encodeProducers({ ...written, nextOffset: from }, shared.options.checksum));
    }
  }

  async #writeNow(): Promise<void> {
    const { directory, active, nextOffset, lastEnd, shared } = this.#state;
    const producers = this.#ready;
    if (producers === undefined || producers.size === 0) return;
    // The same beside an earlier segment would go with that.
    if (this.#writtenThrough === nextOffset && this.#files.at(-1) === active.baseOffset) return;
    // Of a log that ends with a gap nothing tells which history it is.
    if (lastEnd?.chain === undefined) return;
    const end = { writer: lastEnd.writer, sequence: lastEnd.have, chain: lastEnd.chain };
    const bytes = encodeProducers({ producers, nextOffset, end }, shared.options.checksum);
    // Durably: what tells the same otherwise, older files and batches that retention takes, may go after this.
    await directory.replaceFile(producersName(active.baseOffset), bytes);
    this.#writtenThrough = nextOffset;
    if (this.#files.at(-1) !== active.baseOffset) this.#files.push(active.baseOffset);
    for (const oldest of this.#files.splice(0, this.#files.length - filesMax))
      await directory.remove(producersName(oldest));
  }
}

/** The records of one topic as they are read for the tail: live from the end on, or page by page from some place. */
import { ClientError, type ConsumeFrom, type Consumer, type LogClient, type LogRecord } from "../src/client/browser.ts";
import { counted } from "./formats.ts";
import { pause, type Sight } from "./sight.ts";

/** Records from before that a live tail begins with. */
const recordsBefore = 100;
/** Records of one page, and how many are looked through for them. */
export const pageRecords = 200;
const pageScanMax = 200_000;
const retryMs = 1_500;
/** So long records are taken in until the page draws, when they come without end. */
const workMs = 30;

export type Start = "live" | "earliest" | { readonly offset: number } | { readonly atMs: number };

export type TailState =
  | { readonly type: "opening" | "live" | "paused" }
  /** Stopped: so many records were looked through, and whether there are more. */
  | { readonly type: "page"; readonly scanned: number; readonly atEnd: boolean }
  | { readonly type: "reading"; readonly scanned: number }
  | { readonly type: "lost"; readonly reason: string };

export interface TailListener {
  /** How many of them are shown. */
  arrived(records: readonly LogRecord[], gap: string | undefined): number;
  changed(state: TailState): void;
}

export class TailSource {
  readonly #client: LogClient;
  readonly #sight: Sight;
  readonly #listener: TailListener;
  #controller = new AbortController();
  #topic = "";
  #start: Start = "live";
  /** Where to go on. */
  #from: ConsumeFrom | undefined;
  #gap: string | undefined;
  /** Offset of the last record that was read. */
  position: number | undefined;

  constructor(client: LogClient, sight: Sight, listener: TailListener) {
    this.#client = client;
    this.#sight = sight;
    this.#listener = listener;
  }

  get start(): Start {
    return this.#start;
  }

  get isLive(): boolean {
    return this.#start === "live";
  }

  /** Reads from another place, perhaps of another topic. */
  open(topic: string, start: Start): void {
    this.stop();
    this.#topic = topic;
    this.#start = start;
    this.#from = undefined;
    this.position = undefined;
    this.resume();
  }

  /** Goes on from where it stands: a live tail for good, any other for a page. */
  resume(): void {
    this.stop();
    this.#controller = new AbortController();
    void (this.isLive ? this.#follow(this.#controller.signal) : this.#readPage(this.#controller.signal));
  }

  /** Nothing is pulled, and no connection held, until it goes on. */
  pause(): void {
    this.stop();
    this.#listener.changed({ type: "paused" });
  }

  stop(): void {
    this.#controller.abort();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    this.#listener.changed({ type: "opening" });
    while (!signal.aborted) {
      await this.#sight.wait();
      try {
        this.#from ??= await this.#beginning();
        const consumer = this.#consume(true, AbortSignal.any([signal, this.#sight.signal()]));
        this.#listener.changed({ type: "live" });
        let breathAtMs = performance.now();
        for await (const records of consumer.batches()) {
          // What was given counts as read, also when the reader paused meanwhile.
          if (signal !== this.#controller.signal) return;
          this.#take(records);
          this.#from = consumer.cursor ?? this.#from;
          if (performance.now() - breathAtMs < workMs) continue;
          await pause(0);
          breathAtMs = performance.now();
        }
      } catch (error) {
        if (signal.aborted) return;
        this.#listener.changed({ type: "lost", reason: reasonOf(error) });
        await pause(retryMs);
      }
    }
  }

  async #readPage(signal: AbortSignal): Promise<void> {
    this.#listener.changed({ type: "reading", scanned: 0 });
    let scanned = 0;
    let shown = 0;
    try {
      this.#from ??= await this.#beginning();
      const consumer = this.#consume(false, signal);
      let isFull = false;
      for await (const record of consumer) {
        shown += this.#take([record]);
        scanned += 1;
        isFull = shown >= pageRecords || scanned >= pageScanMax;
        if (isFull || signal.aborted) break;
        if (scanned % 2_000 !== 0) continue;
        this.#listener.changed({ type: "reading", scanned });
        await pause(0);
      }
      this.#from = consumer.cursor ?? this.#from;
      if (!signal.aborted) this.#listener.changed({ type: "page", scanned, atEnd: !isFull });
    } catch (error) {
      if (!signal.aborted) this.#listener.changed({ type: "lost", reason: reasonOf(error) });
    }
  }

  #consume(follow: boolean, signal: AbortSignal): Consumer {
    return this.#client.consume(this.#topic, {
      ...{ from: this.#from, follow, signal },
      // A page that shows records goes on behind those that are gone, and says so.
      onGap: ({ from, to }) => {
        this.#gap = `${counted(to - from + 1, "record")} of a feed are gone`;
      },
    });
  }

  #take(records: readonly LogRecord[]): number {
    const last = records.at(-1);
    if (last === undefined) return 0;
    this.position = last.offset;
    const gap = this.#gap;
    this.#gap = undefined;
    return this.#listener.arrived(records, gap);
  }

  async #beginning(): Promise<ConsumeFrom> {
    const start = this.#start;
    if (start === "earliest") return start;
    if (typeof start === "object") return "offset" in start ? start.offset : new Date(start.atMs);
    const known = (await this.#client.topics()).find(({ name }) => name === this.#topic);
    return known === undefined ? "earliest" : Math.max(known.firstOffset, known.nextOffset - recordsBefore);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof ClientError)) return String(error);
  if (error.code === "UNAVAILABLE") return "no node answers";
  if (error.code === "NOT_FOUND") return "no such topic";
  return error.message;
}

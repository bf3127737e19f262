import { covers, type FrameHeader, type LogRecord, type Place, type Vector } from "../base/mod.ts";
import type { End } from "./topic_end.ts";

/** A record before which the consumer wants none, in a batch that the server sends whole. */
export type Start =
  | { readonly type: "offset"; readonly offset: number }
  | { readonly type: "time"; readonly timestampMs: number }
  | { readonly type: "cursor"; readonly place: Place }
  | { readonly type: "any" };

/** Which of the records that come a consumer wants: servers send whole batches, and go on behind the end. */
export class WantedRecords {
  #start: Start;
  /** By offset or time the start is met once, and then no more looked for. */
  #isMet = false;
  /** What was read before the present stream began. */
  #readBefore: Vector | undefined;
  #end: End | undefined;
  /** Offsets are those of the first stream; in any other the end is known by what its server had. */
  #hasMoved = false;

  constructor(start: Start) {
    this.#start = start;
    this.#readBefore = start.type === "cursor" ? start.place.vector : undefined;
  }

  /** Stops where the first stream's server ended when it was asked. */
  endAt(end: End): void {
    this.#end = end;
  }

  /** Another stream begins, at this place if it is known. */
  move(place: Place | undefined): void {
    this.#hasMoved = true;
    if (place === undefined) return;
    if (this.#start.type !== "time") this.#start = { type: "cursor", place };
    this.#readBefore = place.vector;
  }

  /** How far this writer was read before the present stream. */
  readBefore(writer: string): number {
    return this.#readBefore?.get(writer) ?? 0;
  }

  has(record: LogRecord): boolean {
    if (this.#isBehindEnd(record.offset, record)) return false;
    // A cursor may stand inside batches of several writers, wherever they come.
    if (this.#readBefore !== undefined && record.sequence <= this.readBefore(record.writer)) return false;
    if (this.#isMet) return true;
    const start = this.#start;
    if (start.type === "offset" && record.offset < start.offset) return false;
    if (start.type === "time" && record.timestampMs < start.timestampMs) return false;
    this.#isMet = true;
    return true;
  }

  /** True when all of the batch stands behind the end: what is not wanted need not be readable. */
  isBehindEnd({ baseOffset, baseSequence, writer }: FrameHeader): boolean {
    return this.#isBehindEnd(baseOffset, { writer, sequence: baseSequence });
  }

  #isBehindEnd(offset: number, { writer, sequence }: Pick<LogRecord, "writer" | "sequence">): boolean {
    if (this.#end === undefined) return false;
    return this.#hasMoved ? sequence > (this.#end.have.get(writer) ?? 0) : offset >= this.#end.offset;
  }

  /** By offset; and by what was read, because a cursor of another node may cover this log's end and not its middle. */
  isOver(nextOffset: number, read: Vector | undefined): boolean {
    if (this.#end === undefined) return false;
    if (!this.#hasMoved && nextOffset >= this.#end.offset) return true;
    const byVector = this.#hasMoved || this.#start.type === "cursor";
    return byVector && read !== undefined && covers(read, this.#end.have);
  }

  /**
   * What was read once a response was read to its end, of which the server says this. Undefined when only the records
   * that were given can tell, because the end stands within it.
   */
  readAt(nextOffset: number, vector: Vector): Map<string, number> | undefined {
    const read = new Map(vector);
    if (this.#end === undefined || (!this.#hasMoved && nextOffset <= this.#end.offset)) return read;
    if (!this.#hasMoved) return undefined;
    const { have } = this.#end;
    for (const [writer, sequence] of read) {
      const last = Math.min(sequence, Math.max(have.get(writer) ?? 0, this.readBefore(writer)));
      if (last > 0) read.set(writer, last);
      else read.delete(writer);
    }
    return read;
  }
}

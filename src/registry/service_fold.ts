import { crc32, headersBytes, type LogRecord, readRecords, scanFrame, toText, type WriterId } from "../base/mod.ts";
import { deregisteredMax, nodesMax, reasonCharactersMax, servicesMax } from "./limits.ts";
import { decodeAway, decodeKey, decodeService, encodeKey, type RecordKey, type ServiceRecord } from "./record.ts";

/** Header of a record that says why it was written. */
export const reasonHeader = "reason";

/** What is known of a key, and the place of the record that it comes from: by it the latest is known (rule R7). */
interface Entry {
  /** Undefined: the service is no longer registered, or the key is that of a node. */
  readonly record: ServiceRecord | undefined;
  readonly away: boolean;
  /** The record had no value: nothing is said under the key any more. */
  readonly isGone: boolean;
  readonly lamport: number;
  readonly writer: WriterId;
  readonly sequence: number;
}

/** What became of a key. */
export interface Folded extends RecordKey {
  /** Undefined: not registered. */
  readonly record: ServiceRecord | undefined;
  /** Of a node: it says that it is away. */
  readonly away: boolean;
  readonly reason: string;
  readonly writer: WriterId;
}

/**
 * What the topic of services comes to: of each key the latest record by (lamport, writer, sequence). All nodes come to the
 * same in whatever order the records reach them. What makes no sense is counted and passed over.
 */
export class ServiceFold {
  readonly #entries = new Map<string, Entry>();
  /** Keys under which nothing is said any more, the oldest first. */
  readonly #gone = new Set<string>();
  readonly #onChange: (folded: Folded) => void;
  #services = 0;
  readonly #nodes = new Set<string>();
  #skipped = 0;

  constructor(onChange: (folded: Folded) => void) {
    this.#onChange = onChange;
  }

  /** Records that were passed over: damaged, of a later version, or beyond what is kept in memory. */
  get skipped(): number {
    return this.#skipped;
  }

  get services(): number {
    return this.#services;
  }

  /** Nodes that said whether they are away, until somebody takes that out. */
  get nodes(): Iterable<string> {
    return this.#nodes;
  }

  get(key: RecordKey): ServiceRecord | undefined {
    return this.#entries.get(encodeKey(key))?.record;
  }

  isAway(node: string): boolean {
    return this.#entries.get(encodeKey({ node, id: undefined }))?.away ?? false;
  }

  /** Takes in whole frames of the topic. Frames that are not whole or not to be read count as one record passed over. */
  takeFrames(frames: Uint8Array): void {
    for (let at = 0; at < frames.length; ) {
      const scan = scanFrame(frames, at, crc32);
      if (scan.type !== "frame") {
        this.#skipped++;
        return;
      }
      const { header } = scan;
      const end = at + header.frameBytes;
      const payload = frames.subarray(at + headersBytes, end);
      at = end;
      // A gap holds nothing.
      if (header.kind !== "records") continue;
      // Nodes write none that is compressed.
      const take = (record: LogRecord): void => this.take(record, header.lamport);
      const isRead = header.compression === "none" && readRecords(payload, header, take) === undefined;
      if (!isRead) this.#skipped++;
    }
  }

  take(record: Pick<LogRecord, "key" | "value" | "headers" | "writer" | "sequence">, lamport: number): void {
    const { writer, sequence, value } = record;
    const key = decodeKey(record.key);
    const said = key && saidBy(key, value);
    if (key === undefined || said === undefined) {
      this.#skipped++;
      return;
    }
    const entry = { ...said, lamport, writer, sequence };
    const text = encodeKey(key);
    const known = this.#entries.get(text);
    if (known !== undefined && !isLater(entry, known)) return;
    if ((known === undefined || known.isGone) && !this.#hasRoom(key, entry)) {
      this.#skipped++;
      return;
    }
    this.#services += Number(entry.record !== undefined) - Number(known?.record !== undefined);
    this.#entries.set(text, entry);
    this.#remember(text, key, entry);
    const { away } = said;
    this.#onChange({ ...key, record: said.record, away, reason: reasonOf(record, said), writer });
  }

  #hasRoom({ id }: RecordKey, { isGone }: Entry): boolean {
    return isGone || (id === undefined ? this.#nodes.size < nodesMax : this.#services < servicesMax);
  }

  /** Of keys under which nothing is said any more only the latest are remembered. */
  #remember(text: string, { node, id }: RecordKey, { isGone }: Entry): void {
    this.#gone.delete(text);
    if (id === undefined && isGone) this.#nodes.delete(node);
    else if (id === undefined) this.#nodes.add(node);
    if (!isGone) return;
    this.#gone.add(text);
    if (this.#gone.size <= deregisteredMax) return;
    const [oldest] = this.#gone;
    this.#gone.delete(oldest as string);
    this.#entries.delete(oldest as string);
  }
}

/** Undefined for what makes no sense. */
function saidBy({ id }: RecordKey, value: Uint8Array): Pick<Entry, "record" | "away" | "isGone"> | undefined {
  if (value.length === 0) return { record: undefined, away: false, isGone: true };
  if (id === undefined) {
    const away = decodeAway(value);
    return away === undefined ? undefined : { record: undefined, away, isGone: false };
  }
  const record = decodeService(value);
  return record?.service.id === id ? { record, away: false, isGone: false } : undefined;
}

function reasonOf({ headers }: Pick<LogRecord, "headers">, { record }: Pick<Entry, "record">): string {
  const given = headers.find(({ name }) => name === reasonHeader)?.value;
  if (given !== undefined) return toText(given).slice(0, reasonCharactersMax);
  return record === undefined ? "deregistered" : "registered";
}

/** Rule R7. Writers have one length, so that texts compare as numbers would. */
function isLater(left: Entry, right: Entry): boolean {
  if (left.lamport !== right.lamport) return left.lamport > right.lamport;
  if (left.writer !== right.writer) return left.writer > right.writer;
  return left.sequence > right.sequence;
}

/**
 * Produces batches of a feed of our own that was given up anew, under the writer that took its place (rule R6): what peers
 * with another history of that feed would never get. In order, each batch once, whatever crashes come between: what was
 * produced already is found in the log itself, by the stamps of its batches.
 */
import {
  type ChainHash,
  type Checksum,
  type FrameHeader,
  frameRecordsMax,
  type ProducerStamp,
  readProducerStamp,
  scanFrame,
  toHex,
  usableProducerStamp,
  type Vector,
  type WriterId,
  writeProducerStamp,
} from "../base/mod.ts";
import { readFrom, readMissing } from "./reader.ts";
import {
  decodeReproduced,
  encodeReproduced,
  type Reproduced,
  reproducedFileName,
  reproducedWritersMax,
} from "./reproduced.ts";
import type { TopicState } from "./topic_state.ts";
import type { OwnFrame } from "./waiting.ts";

/** Bytes that are read, and produced again with one write. */
const chunkBytes = 262_144;

/** What it needs of its topic. */
export interface Reproducing {
  readonly state: TopicState;
  /** Appends these to the feed of the present writer, all or none. */
  readonly append: (frames: readonly OwnFrame[]) => Promise<void>;
  /** Throws when the topic is over. */
  readonly assertOpen: () => void;
}

/**
 * Produces again what is held of `writer` from a sequence on, or what frames of another history of that feed hold, but what
 * was already. Returns how many records.
 */
export async function reproduce(
  host: Reproducing,
  writer: WriterId,
  { from, theirs }: { readonly from: number; readonly theirs?: Uint8Array | undefined },
): Promise<number> {
  if (writer === host.state.shared.writer()) return 0;
  return theirs === undefined ? reproduceOurs(host, writer, from) : reproduceTheirs(host, writer, { from, theirs });
}

/** What a copy is of is known by its hash: two histories have none in common, and nothing need be written down. */
async function reproduceTheirs(
  { state, append, assertOpen }: Reproducing,
  writer: WriterId,
  { from, theirs }: { readonly from: number; readonly theirs: Uint8Array },
): Promise<number> {
  assertOpen();
  await state.producers.load();
  assertOpen();
  const frames: OwnFrame[] = [];
  for (const frame of framesIn(theirs, state.shared.options.checksum)) {
    const { header, bytes } = frame;
    if (header.writer !== writer || header.baseSequence < from || header.kind !== "records") continue;
    // What others do not take (rule R4) would end our own feed there.
    if (header.generation !== state.generation || header.count < 1 || header.count > frameRecordsMax) continue;
    // By a stamp that cannot be used it would not be known again.
    if (usableProducerStamp(bytes, 0, header.count) === undefined) {
      writeProducerStamp(bytes, { producer: idOf(header.chain), epoch: 0, sequence: header.baseSequence });
    }
    if (!state.producers.knows(bytes, header)) frames.push(frame);
  }
  if (frames.length > 0) await append(frames);
  return frames.reduce((records, { header }) => records + header.count, 0);
}

async function reproduceOurs(host: Reproducing, writer: WriterId, from: number): Promise<number> {
  const { state } = host;
  const { checksum } = state.shared.options;
  const entries = decodeReproduced(await state.directory.readFile(reproducedFileName), checksum);
  const others = entries.filter((entry) => entry.writer !== writer);
  const note = (entry: Reproduced): Promise<void> => {
    const kept = [...others, entry].slice(-reproducedWritersMax);
    return state.directory.replaceFile(reproducedFileName, encodeReproduced(kept, checksum));
  };
  let records = 0;
  let known = entries.find((entry) => entry.writer === writer);
  if (known !== undefined && !known.isDone) {
    records += await produceRange(host, known, await copiesThrough(host, known));
    known = { ...known, isDone: true };
    await note(known);
  }
  const through = known === undefined ? state.endOf(writer).have : known.from - 1;
  if (through < from) return records;
  // Not our writer, nor that of another node with the same directory: two histories must not get the same numbers.
  const producer = toHex(state.shared.randomBytes(8));
  const begun = { writer, from, through, producer, isDone: false };
  await note(begun);
  records += await produceRange(host, begun, from - 1);
  await note({ ...begun, isDone: true });
  return records;
}

/** Produces what follows a sequence, up to the end of the range. */
async function produceRange(host: Reproducing, range: Reproduced, after: number): Promise<number> {
  let records = 0;
  for await (const frames of ownFrames(host, range, after)) {
    for (const frame of frames) {
      if (readProducerStamp(frame.bytes) === undefined) writeProducerStamp(frame.bytes, stampOf(range, frame));
    }
    await host.append(frames);
    for (const { header } of frames) records += header.count;
  }
  return records;
}

/** Batches of the range, in their order, some at a time. Gaps are nothing of ours. */
async function* ownFrames(host: Reproducing, range: Reproduced, after: number): AsyncGenerator<OwnFrame[]> {
  const { state } = host;
  for (let last = Math.max(after, range.from - 1); last < range.through; ) {
    host.assertOpen();
    const have: Vector = new Map([...state.have.keys()].map((writer) => [writer, Number.MAX_SAFE_INTEGER]));
    const missing = await readMissing(state, new Map([...have, [range.writer, last]]), chunkBytes);
    const frames: OwnFrame[] = [];
    for (const frame of framesIn(missing.frames)) {
      const { writer, baseSequence, count, kind } = frame.header;
      if (writer !== range.writer || baseSequence > range.through) continue;
      last = baseSequence + count - 1;
      if (kind === "records") frames.push(frame);
    }
    if (frames.length > 0) yield frames;
    // Retention took the rest, or it lies behind damage.
    if (missing.complete || missing.frames.length === 0) return;
  }
}

/** Up to which sequence an earlier run got: copies stand behind what they are copies of, in the same order. */
async function copiesThrough(host: Reproducing, range: Reproduced): Promise<number> {
  const { state } = host;
  const originals = single(ownFrames(host, range, range.from - 1));
  let reached = range.from - 1;
  let next = await originals.next();
  if (next.done) return reached;
  let offset = next.value.header.baseOffset;
  while (!next.done && offset < state.nextOffset) {
    host.assertOpen();
    const chunk = await readFrom(state, Math.max(offset, state.firstOffset), chunkBytes);
    for (const frame of framesIn(chunk.frames)) {
      if (next.done) break;
      if (frame.header.writer === range.writer || !isCopy(frame, next.value, range)) continue;
      reached = next.value.header.baseSequence + next.value.header.count - 1;
      next = await originals.next();
    }
    offset = chunk.nextOffset;
  }
  return reached;
}

function isCopy(frame: OwnFrame, original: OwnFrame, range: Reproduced): boolean {
  const stamp = readProducerStamp(frame.bytes);
  const expected = readProducerStamp(original.bytes) ?? stampOf(range, original);
  if (stamp?.producer !== expected.producer || stamp.epoch !== expected.epoch) return false;
  return stamp.sequence === expected.sequence && frame.header.producedChecksum === original.header.producedChecksum;
}

function idOf({ high, low }: ChainHash): string {
  return [high, low].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
}

/** For a batch whose producer gave none: its old sequence, counted by this range's own id. */
function stampOf({ producer }: Reproduced, { header }: { readonly header: FrameHeader }): ProducerStamp {
  return { producer, epoch: 0, sequence: header.baseSequence };
}

async function* single(chunks: AsyncGenerator<OwnFrame[]>): AsyncGenerator<OwnFrame, undefined> {
  for await (const frames of chunks) yield* frames;
  return undefined;
}

function* framesIn(bytes: Uint8Array, checksum?: Checksum): Generator<OwnFrame> {
  for (let at = 0; at < bytes.length; ) {
    const scan = scanFrame(bytes, at, checksum);
    // Bytes of our own log are checked when they are read; of a peer's, nothing counts from the first on that is damaged.
    if (scan.type !== "frame") return;
    yield { bytes: bytes.subarray(at, at + scan.header.frameBytes), header: scan.header };
    at += scan.header.frameBytes;
  }
}

/** Looking at the headers of a topic's frames, from an offset on, without reading more of the payloads than lies between. */
import { type FrameHeader, headersBytes, scanHeaders } from "../base/mod.ts";
import { FileRetiredError } from "./file_pool.ts";
import type { Segment } from "./segment.ts";
import type { TopicState } from "./topic_state.ts";

/** Bytes that are read at once. */
const windowBytes = 65_536;

/** A frame's headers, read from the beginning of `bytes`. */
export interface SeenHeaders {
  readonly header: FrameHeader;
  readonly bytes: Uint8Array;
  readonly start: number;
}

/**
 * The frames that begin in a part of a segment. Ends before damage, which whoever looks after such things is told of, and
 * with `FileRetiredError` where retention or compaction took the file.
 */
export async function* headersIn(
  state: TopicState,
  segment: Segment,
  { from, to }: { readonly from: number; readonly to: number },
): AsyncGenerator<SeenHeaders, void> {
  for (let position = from; position < to; ) {
    const bytes = await segment.read(position, windowBytes);
    let start = 0;
    while (start + headersBytes <= bytes.length && position + start < to) {
      const scan = scanHeaders(bytes, start);
      if (scan.type !== "frame") {
        state.shared.damageMet(state, segment, position + start);
        return;
      }
      yield { header: scan.header, bytes, start };
      start += scan.header.frameBytes;
    }
    if (start === 0) return;
    position += start;
  }
}

/**
 * Calls `visit` for each frame with a stamp from an offset up to another, as far as the log holds them and they can be
 * read. What is damaged is passed over to the next place that the index knows.
 */
export async function visitStamped(
  state: TopicState,
  { from, to }: { readonly from: number; readonly to: number },
  visit: (seen: SeenHeaders) => void,
): Promise<void> {
  for (let offset = from; offset < to; ) {
    const segment = state.segments.find(({ nextOffset }) => nextOffset > offset);
    if (segment === undefined) return;
    if (segment.index.stamped > 0) {
      const begin = Math.max(offset, segment.baseOffset);
      try {
        await visitSegment(state, segment, { from: begin, to }, visit);
      } catch (error) {
        if (!(error instanceof FileRetiredError) || state.deleted !== undefined) throw error;
        // What took its place holds the same headers: batches that were visited are visited again, which changes nothing.
        continue;
      }
    }
    offset = segment.nextOffset;
  }
}

async function visitSegment(
  state: TopicState,
  segment: Segment,
  offsets: { readonly from: number; readonly to: number },
  visit: (seen: SeenHeaders) => void,
): Promise<void> {
  let position = segment.index.positionOf(offsets.from);
  while (position < segment.bytes) {
    for await (const seen of headersIn(state, segment, { from: position, to: segment.bytes })) {
      const { baseOffset, frameBytes } = seen.header;
      if (baseOffset >= offsets.to) return;
      if (baseOffset >= offsets.from) visit(seen);
      position += frameBytes;
    }
    position = segment.index.entryAfter(position);
  }
}

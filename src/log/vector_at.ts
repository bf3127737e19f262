/** What stands below a place in the log: what a consumer has read who begins there. */
import type { WriterId } from "../base/mod.ts";
import { OffsetOutOfRangeError } from "./errors.ts";
import { vectorOfHead } from "./heads.ts";
import { loadToServe, segmentIndexOf, unlessRetired } from "./reader.ts";
import type { Segment } from "./segment.ts";
import type { TopicState } from "./topic_state.ts";

/** Bytes that are read at once behind a checkpoint, at most, large frames apart. */
const stepBytes = 65_536;

/** Looks at a place whose file is replaced again and again. */
const attemptsMax = 16;

/**
 * Per writer the highest sequence that stands below the offset; what retention took counts as well. The head of the segment
 * and the last checkpoint before the offset tell it, but for the frames behind the checkpoint: these are read.
 */
export async function vectorAt(state: TopicState, offset: number): Promise<Map<WriterId, number>> {
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    if (!(offset >= state.firstOffset && offset <= state.nextOffset && Number.isInteger(offset))) break;
    if (offset === state.nextOffset) return new Map(state.have);
    const segment = state.segments[segmentIndexOf(state, offset)] as Segment;
    const vector = await vectorWithin(state, segment, offset).catch((error) => unlessRetired(state, error));
    if (vector !== undefined) return vector;
    // Between the look and the read retention took it, or compaction replaced it.
  }
  throw new OffsetOutOfRangeError(offset, state.firstOffset, state.nextOffset);
}

async function vectorWithin(state: TopicState, segment: Segment, offset: number): Promise<Map<WriterId, number>> {
  const vector = vectorOfHead(state.feeds, segment.head);
  if (offset === segment.baseOffset) return vector;
  const { index } = segment;
  // The frame that holds the offset begins before it.
  const end = index.entryAfter(index.positionOf(offset));
  let position = index.checkpointBefore(offset, vector);
  for (;;) {
    const loaded = await loadToServe(state, segment, position, Math.min(stepBytes, end - position));
    for (const { header } of loaded.frames) {
      const below = Math.min(header.count, offset - header.baseOffset);
      if (below > 0) vector.set(header.writer, header.baseSequence + below - 1);
      if (header.baseOffset + header.count >= offset) return vector;
    }
    position = loaded.end;
  }
}

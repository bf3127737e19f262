/** What the hash of a feed was at an earlier sequence: to tell whether another copy of it has the same history. */
import type { WriterId } from "../base/mod.ts";
import { FileRetiredError } from "./file_pool.ts";
import { loadToServe } from "./reader.ts";
import type { Segment } from "./segment.ts";
import type { TopicState } from "./topic_state.ts";
import type { ChainAt } from "./types.ts";

/** Bytes that the search reads at once. */
const searchBytes = 65_536;

export async function chainAt(state: TopicState, writer: WriterId, sequence: number): Promise<ChainAt> {
  const feed = state.feeds.get(writer);
  if (feed === undefined || !(sequence >= 1 && sequence <= feed.have)) return undefined;
  if (sequence === feed.have) return feed.chain;
  if (sequence >= feed.cachedFrom) return state.tail.chainAt(writer, sequence);
  for (const segment of state.segments) {
    const range = segment.index.feeds.get(writer);
    if (range === undefined || range.last < sequence) continue;
    // What is below the first segment that holds the feed is gone.
    if (range.first > sequence) return undefined;
    return range.last === sequence ? range.chain : searchSegment(state, segment, { writer, sequence });
  }
  return undefined;
}

async function searchSegment(
  state: TopicState,
  segment: Segment,
  wanted: { readonly writer: WriterId; readonly sequence: number },
): Promise<ChainAt> {
  let position = segment.index.positionOfSequence(wanted.writer, wanted.sequence) ?? segment.bytes;
  while (position < segment.bytes) {
    const loaded = await loadToServe(state, segment, position, searchBytes).catch((error: unknown) => {
      if (!(error instanceof FileRetiredError)) throw error;
    });
    // Retention took it, and nothing is known there any more; or compaction replaced it.
    if (loaded === undefined) return state.deleted ? undefined : chainAt(state, wanted.writer, wanted.sequence);
    for (const { header } of loaded.frames) {
      const last = header.baseSequence + header.count - 1;
      if (header.writer !== wanted.writer || last < wanted.sequence) continue;
      if (header.kind === "gap") return undefined;
      return last === wanted.sequence ? header.chain : "within-batch";
    }
    position = loaded.end;
  }
  return undefined;
}

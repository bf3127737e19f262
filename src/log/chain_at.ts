/** What the hash of a feed was at an earlier sequence: to tell whether another copy of it has the same history. */
import { type ChainHash, chainStart, type WriterId } from "../base/mod.ts";
import type { FeedPoint } from "./feed.ts";
import { FileRetiredError } from "./file_pool.ts";
import { loadToServe } from "./reader.ts";
import type { Segment } from "./segment.ts";
import type { TopicState } from "./topic_state.ts";
import type { ChainAt } from "./types.ts";

/** Bytes that the search reads at once. */
const searchBytes = 65_536;

/** A batch of a feed: which sequences it has, and the feed's hash after it. */
export interface BatchAt {
  readonly first: number;
  readonly last: number;
  readonly chain: ChainHash;
}

export async function chainAt(state: TopicState, writer: WriterId, sequence: number): Promise<ChainAt> {
  const found = await findAt(state, writer, sequence);
  if (found === undefined || !("first" in found)) return found;
  return found.last === sequence ? found.chain : "within-batch";
}

/** Where the last batch of a feed ends that reaches no further than a sequence, with the hash there; undefined where that is gone. */
export async function feedPointAt(
  state: TopicState,
  writer: WriterId,
  sequence: number,
): Promise<FeedPoint | undefined> {
  const found = await findAt(state, writer, sequence);
  if (found === undefined) return undefined;
  if (!("first" in found)) return { sequence, chain: found };
  if (found.last === sequence) return { sequence, chain: found.chain };
  const below = found.first - 1;
  if (below === 0) return { sequence: 0, chain: chainStart };
  const chain = await chainAt(state, writer, below);
  return chain === undefined || chain === "within-batch" ? undefined : { sequence: below, chain };
}

/** The batch that holds a sequence; its hash alone, where a batch is known to end there. */
async function findAt(state: TopicState, writer: WriterId, sequence: number): Promise<BatchAt | ChainHash | undefined> {
  const feed = state.feeds.get(writer);
  if (feed === undefined || !(sequence >= 1 && sequence <= feed.have)) return undefined;
  if (sequence === feed.have) return feed.chain;
  if (sequence >= feed.cachedFrom) return state.tail.batchAt(writer, sequence);
  // What retention took last is known by its end.
  const floor = state.floor.feeds.get(writer);
  if (floor?.have === sequence) return floor.chain;
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
): Promise<BatchAt | ChainHash | undefined> {
  let position = segment.index.positionOfSequence(wanted.writer, wanted.sequence) ?? segment.bytes;
  while (position < segment.bytes) {
    const loaded = await loadToServe(state, segment, position, searchBytes).catch((error: unknown) => {
      if (!(error instanceof FileRetiredError)) throw error;
    });
    // Retention took it, and nothing is known there any more; or compaction replaced it.
    if (loaded === undefined) return state.deleted ? undefined : findAt(state, wanted.writer, wanted.sequence);
    for (const { header } of loaded.frames) {
      const last = header.baseSequence + header.count - 1;
      if (header.writer !== wanted.writer || last < wanted.sequence) continue;
      return header.kind === "gap" ? undefined : { first: header.baseSequence, last, chain: header.chain };
    }
    position = loaded.end;
  }
  return undefined;
}

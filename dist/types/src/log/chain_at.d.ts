/** What the hash of a feed was at an earlier sequence: to tell whether another copy of it has the same history. */
import { type ChainHash, type WriterId } from "../base/mod.d.ts";
import type { FeedPoint } from "./feed.d.ts";
import type { TopicState } from "./topic_state.d.ts";
import type { ChainAt } from "./types.d.ts";
/** A batch of a feed: which sequences it has, and the feed's hash after it. */
export interface BatchAt {
    readonly first: number;
    readonly last: number;
    readonly chain: ChainHash;
}
export declare function chainAt(state: TopicState, writer: WriterId, sequence: number): Promise<ChainAt>;
/** Where the last batch of a feed ends that reaches no further than a sequence, with the hash there; undefined where that is gone. */
export declare function feedPointAt(state: TopicState, writer: WriterId, sequence: number): Promise<FeedPoint | undefined>;

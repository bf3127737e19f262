/** Who lacks how much of whose feed. Pure. */
import type { TopicDescription } from "../src/client/browser.ts";

/** Feeds that a matrix shows; those with the most records come first. */
export const feedsShownMax = 12;
export const nodesShownMax = 64;

/** What a node said that it holds of a topic. */
export interface Holder {
  readonly node: string;
  /** Undefined when it did not answer. */
  readonly held: TopicDescription | undefined;
  /** Neither holds the topic nor is to. */
  readonly isElsewhere: boolean;
}

export interface LagFeed {
  readonly writer: string;
  /** The node that writes it now; undefined when it is not known any more. */
  readonly node: string | undefined;
  /** The greatest sequence that anybody holds. */
  readonly end: number;
}

export interface LagRow {
  readonly node: string;
  readonly state: "holds" | "silent" | "elsewhere";
  /** Records that it lacks of each feed shown; undefined when it did not answer. */
  readonly lacks: readonly (number | undefined)[];
  /** Of all feeds. */
  readonly total: number | undefined;
}

export interface LagMatrix {
  readonly feeds: readonly LagFeed[];
  /** Feeds that are left out. */
  readonly feedsMore: number;
  readonly rows: readonly LagRow[];
}

/** Where the feeds end, for all that any of them holds. */
export function endsOf(holders: readonly Holder[]): ReadonlyMap<string, number> {
  const ends = new Map<string, number>();
  for (const { held } of holders) {
    for (const { writer, have } of held?.feeds ?? []) ends.set(writer, Math.max(have, ends.get(writer) ?? 0));
  }
  return ends;
}

/**
 * `writers` names nodes by their writer ids. Nodes are not asked all at the same instant: what is lacking is counted up to
 * `ends`, where the feeds ended some time before, so that no node lacks what came between two answers.
 */
export function lagMatrix(
  holders: readonly Holder[],
  writers: ReadonlyMap<string, string>,
  ends: ReadonlyMap<string, number>,
): LagMatrix {
  const all = [...ends].map(([writer, end]) => ({ writer, node: writers.get(writer), end }));
  all.sort((left, right) => right.end - left.end || (left.writer < right.writer ? -1 : 1));
  const feeds = all.slice(0, feedsShownMax).sort(byNode);
  const rows = holders.slice(0, nodesShownMax).map((holder) => rowOf(holder, feeds, ends));
  return { feeds, feedsMore: all.length - feeds.length, rows };
}

function byNode(left: LagFeed, right: LagFeed): number {
  const leftName = left.node ?? `\uffff${left.writer}`;
  const rightName = right.node ?? `\uffff${right.writer}`;
  return leftName < rightName ? -1 : leftName > rightName ? 1 : 0;
}

function rowOf(
  { node, held, isElsewhere }: Holder,
  feeds: readonly LagFeed[],
  ends: ReadonlyMap<string, number>,
): LagRow {
  if (isElsewhere) return { node, state: "elsewhere", lacks: feeds.map(() => undefined), total: 0 };
  if (held === undefined) return { node, state: "silent", lacks: feeds.map(() => undefined), total: undefined };
  const have = new Map(held.feeds.map((feed) => [feed.writer, feed.have]));
  const lacks = feeds.map(({ writer, end }) => Math.max(0, end - (have.get(writer) ?? 0)));
  let total = 0;
  for (const [writer, end] of ends) total += Math.max(0, end - (have.get(writer) ?? 0));
  return { node, state: "holds", lacks, total };
}

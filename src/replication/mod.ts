/**
 * Who has what, and what to pull next (rules R3 to R5). No I/O: whoever runs these machines performs their effects.
 *
 * What the performer of a `Replicator` must do:
 * - Push `grew` for every topic that is held before the first `peer-joined`, and then from within the log's `onGrow`,
 *   before anybody can be served the new records: a peer that shows more of our writer than `grew` said makes us mint a
 *   new one. Read `have` when pushing, not earlier: the last vector said is believed. Push `feed-stopped` for the log's
 *   event of that name, and `writer-minted` when `mintWriter` resolved; produce nothing while that is under way.
 * - `watch`: call Watch; first message → `watch-opened`, notices → `notice`, heartbeats → `watch-alive`, any end →
 *   `watch-closed`. `unwatch`: abort it; nothing more need be pushed, and what is pushed is ignored.
 * - `pull`: call Pull with exactly this vector; each response → `pulled` (low-water of the first response), any end →
 *   `pull-ended`. `cancel`: abort it.
 * - `apply`: open the topic, `apply` the frames → `applied`, with `failed` when the log threw. `apply-gap` likewise, with
 *   `appended: 1`.
 * - `compare-feed`: look up the hash of our feed at this sequence, judge it by `judgeChain`, push `feed-compared`, always:
 *   with `failed` when the log threw. A peer is not heard before what it showed of our feeds is compared.
 * - Push `damaged` with all of a topic's damaged ranges for each of the log's events `corrupt`. `repair`: have the log put
 *   the frames back, if that range is still damaged → `repaired`, with `failed` when the log threw. `lose`: have the log take
 *   the range for lost; nothing is pushed.
 * - Push `placement-changed` when what `follows` answers may be otherwise, `topic-released` when a copy was dropped.
 * - Do not produce before `peer-heard` came from each peer known at start, or a few seconds have passed (rule R5).
 *
 * - `probe-feed`: ask the peer (`CompareFeed`), in bounded time; `reproduce`: `TopicLog.reproduce`, `theirs` given on, one at a time.
 * - `grew` also carries what is fsynced: push it when that grew, too. `await-copies` when somebody waits for copies of what
 *   was produced, with an id of its own → `copies-reached` or `copies-missed`, once each.
 * - A confirmation on the Watch stream → `confirmed`.
 *
 * What the performer of an `Announcer` must do: push `grew` from `onGrow`, with what the log serves (durable by
 * its own policy, rule R2), and for every topic at start; `retell` for the log's event `feed-stopped`; `subscribe` for
 * each Watch call; with each `notice` the hash of the subscriber's own feed, where the notice says that it ends; `sent` when the transport took a message (pulled the next one from the generator), `unsubscribe` when
 * it ends; `supplied` with the durable vector of every notice that a peer of ours sent, and whether it said that somebody waits
 * for copies there; `confirm`: with the hash of the subscriber's own feed at the sequence that it says of it, when the log
 * knows one, then `confirmation-sent`. A notice says `awaited` while somebody waits for copies of what is, or is about to be,
 * produced to the topic here.
 */
export { Announcer } from "./announcer.ts";
export { judgeChain } from "./comparisons.ts";
export type { AnnouncerOptions, ReplicatorOptions } from "./options.ts";
export {
  Departure,
  type Place,
  type PlacementAsked,
  type PlacementMember,
  placeOf,
} from "./placement.ts";
export type { PeerProgress } from "./progress.ts";
export { PullAnswer, pullResponseBytesMax } from "./pull_answer.ts";
export { Replicator } from "./replicator.ts";
export { toldStop } from "./stops.ts";
export type {
  AnnouncerEffect,
  AnnouncerInput,
  AppliedResult,
  DamagedRange,
  FeedVerdict,
  Peer,
  ProbedPoint,
  ReplicatorEffect,
  ReplicatorInput,
  ShownFeed,
  StoppedAtGap,
} from "./types.ts";

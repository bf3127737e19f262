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
 * - Do not produce before `peer-heard` came from each peer known at start, or a few seconds have passed (rule R5).
 *
 * What the performer of an `Announcer` must do: push `grew` from `onGrow`, with what the log serves (durable by
 * its own policy, rule R2), and for every topic at start; `subscribe` for
 * each Watch call, `sent` when the transport took a message (pulled the next one from the generator), `unsubscribe` when
 * it ends; `supplied` with the durable vector of every notice that a peer of ours sent.
 */
export { Announcer } from "./announcer.ts";
export type { AnnouncerOptions, ReplicatorOptions } from "./options.ts";
export { PullAnswer, pullResponseBytesMax } from "./pull_answer.ts";
export { type PeerProgress, Replicator } from "./replicator.ts";
export type {
  AnnouncerEffect,
  AnnouncerInput,
  AppliedResult,
  Peer,
  ReplicatorEffect,
  ReplicatorInput,
} from "./types.ts";

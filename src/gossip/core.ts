import { type Random, Schedule } from "../base/mod.ts";
import { Envelope } from "./envelope.ts";
import type { ResolvedGossipOptions } from "./options.ts";
import { printable } from "./printable.ts";
import type { GossipCounters, GossipEffect } from "./types.ts";

/** The least time between two warnings of one kind: a hostile or broken peer must not fill the log. */
const warningEveryMs = 10_000;

/** What the parts of the gossip machine share: options, time, chance, deadlines, and where effects go. */
export class Core {
  readonly options: ResolvedGossipOptions;
  readonly random: Random;
  readonly envelope: Envelope;
  readonly schedule: Schedule = new Schedule();
  /** Time of the step being made, on the machine's own scale: stalls of the event loop are left out of it. */
  nowMs = 0;
  effects: GossipEffect[] = [];
  readonly counters: GossipCounters = {
    packetsReceived: 0,
    packetsSent: 0,
    bytesReceived: 0,
    bytesSent: 0,
    streamsAccepted: 0,
    streamsDialled: 0,
    dropped: new Map(),
    probes: 0,
    probesFailed: 0,
    suspicions: 0,
    refutations: 0,
    conflicts: 0,
    pruned: 0,
    stalledMs: 0,
  };
  readonly #warnedAtMs = new Map<string, number>();

  /** Throws `InvalidKeyError`. */
  constructor(options: ResolvedGossipOptions, random: Random) {
    this.options = options;
    this.random = random;
    this.envelope = new Envelope(options);
  }

  emit(effect: GossipEffect): void {
    this.effects.push(effect);
  }

  /** Counts something from outside that is not acted upon. Reasons are literals: their number is bounded. */
  drop(reason: string): void {
    this.counters.dropped.set(reason, (this.counters.dropped.get(reason) ?? 0) + 1);
  }

  /** Tells an operator, at most once in ten seconds for each `kind`, which is a literal. */
  warn(kind: string, message: string): void {
    if (!this.mayWarn(kind)) return;
    this.#warnedAtMs.set(kind, this.nowMs);
    this.emit({ type: "warn", message: printable(message) });
  }

  /** Whether a warning of this kind would be told now. */
  mayWarn(kind: string): boolean {
    const before = this.#warnedAtMs.get(kind);
    return before === undefined || this.nowMs - before >= warningEveryMs;
  }
}

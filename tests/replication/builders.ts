import { type ChainHash, Random, type Vector } from "../../src/base/mod.ts";
import {
  type AppliedResult,
  type FeedVerdict,
  type Peer,
  Replicator,
  type ReplicatorEffect,
  type ReplicatorInput,
  type ReplicatorOptions,
} from "../../src/replication/mod.ts";

export const writers = {
  local: "00000000000000aa",
  a: "0000000000000001",
  b: "0000000000000002",
  c: "0000000000000003",
};

export function peerNamed(name: "a" | "b" | "c"): Peer {
  return { name, rpcAddress: `${name}:8400`, writer: writers[name] };
}

/** `a1 b2` reads as writer a up to 1, writer b up to 2; `local5` as this node's own writer up to 5. */
export function vector(text: string): Vector {
  const entries = text.split(" ").filter((part) => part !== "");
  return new Map(
    entries.map((part): [string, number] => {
      const [, name, sequence] = /^([a-z]+)(\d+)$/.exec(part) as RegExpExecArray;
      return [writers[name as keyof typeof writers], Number(sequence)];
    }),
  );
}

/** A hash that no other text has. */
export function chain(text: string): ChainHash {
  return { high: text.length, low: Number.parseInt(text, 36) };
}

/** What a peer tells of a topic; `own` is the text of its hash of our feed. */
export interface Told {
  readonly durable: string;
  readonly low?: string;
  readonly own?: string;
}

/** Drives one replicator by hand and keeps what it asked for. */
export class Bench {
  readonly replicator: Replicator;
  readonly effects: ReplicatorEffect[] = [];
  nowMs = 1_000;

  constructor(options: Partial<ReplicatorOptions> = {}, seed = 1) {
    this.replicator = new Replicator({ localName: "local", localWriter: writers.local, ...options }, new Random(seed));
  }

  /** Feeds inputs and returns the effects of these alone. */
  feed(...inputs: ReplicatorInput[]): ReplicatorEffect[] {
    const effects = inputs.flatMap((input) => this.replicator.step(input, this.nowMs));
    this.effects.push(...effects);
    return effects;
  }

  /** Moves time on, waking the machine whenever it asked for it. */
  pass(ms: number): ReplicatorEffect[] {
    const endMs = this.nowMs + ms;
    const effects: ReplicatorEffect[] = [];
    for (let wakes = 0; this.replicator.wakeAtMs <= endMs; wakes++) {
      if (wakes > 10_000) throw new Error(`It wants to be woken for ever, at ${this.replicator.wakeAtMs}`);
      this.nowMs = Math.max(this.nowMs, this.replicator.wakeAtMs);
      effects.push(...this.feed({ type: "wake" }));
    }
    this.nowMs = endMs;
    return effects;
  }

  /** Lets a peer join, say hello and tell all it holds. */
  hear(name: "a" | "b" | "c", topics: Record<string, Told> = {}): ReplicatorEffect[] {
    const effects = this.feed({ type: "peer-joined", peer: peerNamed(name) });
    const watchId = this.watchId(name);
    effects.push(...this.feed({ type: "watch-opened", peer: name, watchId, writer: writers[name] }));
    for (const [topic, told] of Object.entries(topics)) effects.push(...this.tellAll(name, topic, told));
    effects.push(...this.feed({ type: "watch-alive", peer: name, watchId }));
    return effects;
  }

  tell(name: string, topic: string, durable: string, low = ""): ReplicatorEffect[] {
    return this.tellAll(name, topic, { durable, low });
  }

  tellAll(name: string, topic: string, told: Told): ReplicatorEffect[] {
    return this.feed({
      ...{ type: "notice", peer: name, watchId: this.watchId(name), topic },
      ...{ durable: vector(told.durable), lowWater: vector(told.low ?? "") },
      own: told.own === undefined ? undefined : { writer: writers.local, chain: chain(told.own) },
    });
  }

  /** Says how what a peer holds of our feed stands to ours: the comparison asked for last, or that one. */
  compared(verdict: FeedVerdict, effect = this.comparisons.at(-1)): ReplicatorEffect[] {
    if (effect === undefined) throw new Error("Nothing is compared");
    return this.feed({ type: "feed-compared", comparisonId: effect.comparisonId, verdict });
  }

  get comparisons(): Extract<ReplicatorEffect, { type: "compare-feed" }>[] {
    return this.effects.filter((effect) => effect.type === "compare-feed");
  }

  watchId(name: string): number {
    const watches = this.effects.filter((effect) => effect.type === "watch" && effect.peer.name === name);
    const last = watches.at(-1);
    if (last?.type !== "watch") throw new Error(`Nobody watches ${name}`);
    return last.watchId;
  }

  get lastPull(): Extract<ReplicatorEffect, { type: "pull" }> {
    const last = this.effects.filter((effect) => effect.type === "pull").at(-1);
    if (last?.type !== "pull") throw new Error("Nothing was pulled");
    return last;
  }

  /** Answers the last pull with some bytes. */
  bring(bytes: number, low = ""): ReplicatorEffect[] {
    const { peer, pullId } = this.lastPull;
    const frames = new Uint8Array(bytes);
    return this.feed({ type: "pulled", peer: peer.name, pullId, frames, lowWater: vector(low) });
  }

  end(error?: string): ReplicatorEffect[] {
    return this.feed({ type: "pull-ended", peer: this.lastPull.peer.name, pullId: this.lastPull.pullId, error });
  }

  /** Says what the log did with the last `apply` or `apply-gap`. */
  applied(have: string, result: Partial<AppliedResult> = {}): ReplicatorEffect[] {
    const last = this.effects.filter((effect) => effect.type === "apply" || effect.type === "apply-gap").at(-1);
    if (last?.type !== "apply" && last?.type !== "apply-gap") throw new Error("Nothing was applied");
    return this.feed({
      type: "applied",
      pullId: last.pullId,
      topic: last.topic,
      result: { appended: 1, dropped: 0, ...result },
      have: vector(have),
    });
  }

  grew(topic: string, have: string, synced = have): ReplicatorEffect[] {
    return this.feed({ type: "grew", topic, have: vector(have), synced: vector(synced) });
  }

  /** A peer says what is on its disk, and, as a text, the hash of its copy of our feed there. */
  confirm(name: string, topic: string, synced: string, own?: string): ReplicatorEffect[] {
    return this.feed({
      ...{ type: "confirmed", peer: name, watchId: this.watchId(name), topic, synced: vector(synced) },
      own: own === undefined ? undefined : { writer: writers.local, chain: chain(own) },
    });
  }
}

/** The effects in few words: `pull a t a1 b2` is a pull of topic t from a with this vector. */
export function words(effects: readonly ReplicatorEffect[]): string[] {
  return effects.map((effect) => {
    switch (effect.type) {
      case "watch":
        return `watch ${effect.peer.name}`;
      case "pull":
        return `pull ${effect.peer.name} ${effect.topic} ${vectorWords(effect.have)}`.trim();
      case "apply":
        return `apply ${effect.topic} ${effect.frames.length}`;
      case "apply-gap":
        return `gap ${effect.topic} ${nameOf(effect.writer)}${effect.through}`;
      case "compare-feed":
        return `compare ${effect.topic} ${nameOf(effect.writer)}${effect.sequence}`;
      case "repair":
        return `repair ${effect.topic} ${effect.at} ${effect.frames.length}`;
      case "lose":
        return `lose ${effect.topic} ${effect.at}`;
      case "copies-reached":
        return `reached ${effect.waitId}`;
      case "copies-missed":
        return `missed ${effect.waitId}: ${effect.holders.join(" ")} not ${effect.lacking.join(" ")}`;
      case "probe-feed":
        return `probe ${effect.peer.name} ${effect.topic} ${nameOf(effect.writer)} ${effect.sequences.join(" ")}`;
      case "reproduce":
        return `reproduce ${effect.topic} ${nameOf(effect.writer)}${effect.from}${effect.theirs ? " of theirs" : ""}`;
      case "mint-writer":
        return "mint";
      case "unwatch":
      case "cancel":
      case "peer-heard":
      case "warn":
        return `${effect.type} ${effect.peer}`;
      default:
        return effect satisfies never;
    }
  });
}

function vectorWords(have: Vector): string {
  return [...have].map(([writer, sequence]) => `${nameOf(writer)}${sequence}`).join(" ");
}

function nameOf(writer: string): string {
  return Object.entries(writers).find(([, id]) => id === writer)?.[0] ?? writer;
}

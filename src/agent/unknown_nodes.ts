import { type Clock, rendezvousPick } from "../base/mod.ts";
import type { Member } from "../membership/mod.ts";
import type { Catalog, RecordKey } from "../registry/mod.ts";
import { messageOf } from "./error_text.ts";
import type { ServiceTopic } from "./service_topic.ts";

export interface UnknownNodesOptions {
  readonly nodeName: string;
  readonly clock: Clock;
  readonly topic: Pick<ServiceTopic, "write" | "fold">;
  readonly catalog: Pick<Catalog, "nodes" | "of">;
  readonly members: () => readonly Pick<Member, "name" | "status" | "tags">[];
  readonly onWarn: (message: string) => void;
  /** @default an hour */
  readonly forgetAfterMs?: number | undefined;
}

/** Longer than a node takes to meet all others, and a partition that somebody is working on. */
const forgetAfterMsDefault = 3_600_000;
/** How often it is looked for nodes that nobody knows, at most. */
const lookEveryMsMax = 60_000;
/** Keys that are taken out at once: the others follow with the next look. */
const takenOutMax = 1_000;

/**
 * Takes out what nodes that the cluster has forgotten registered, and said of themselves. One node does it for all: which one follows from
 * the names. A node that was only out of sight writes its services again once it hears of it.
 */
export class UnknownNodes {
  readonly #options: UnknownNodesOptions;
  readonly #forgetAfterMs: number;
  /** Since when each node is not known. */
  #unknownSinceMs = new Map<string, number>();
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor(options: UnknownNodesOptions) {
    this.#options = options;
    this.#forgetAfterMs = options.forgetAfterMs ?? forgetAfterMsDefault;
  }

  start(): void {
    const { clock } = this.#options;
    if (this.#stopped) return;
    this.#cancel?.();
    const everyMs = Math.min(lookEveryMsMax, this.#forgetAfterMs);
    this.#cancel = clock.schedule(clock.nowMs() + everyMs, () => {
      this.#look().catch((error: unknown) => {
        if (!this.#stopped) this.#options.onWarn(`cannot take out services of unknown nodes: ${messageOf(error)}`);
      });
      this.start();
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  async #look(): Promise<void> {
    const { nodeName, clock, catalog, topic, members } = this.#options;
    const nowMs = clock.nowMs();
    const known = new Set(members().map(({ name }) => name));
    const told = new Set([...catalog.nodes, ...topic.fold.nodes]);
    const unknown = [...told].filter((node) => !known.has(node) && node !== nodeName);
    this.#unknownSinceMs = new Map(unknown.map((node) => [node, this.#unknownSinceMs.get(node) ?? nowMs]));
    const nodes = members().filter(({ status, tags }) => status === "alive" && tags.has("gv"));
    const names = nodes.map(({ name }) => name);
    const mine = unknown.filter((node) => {
      const isDue = nowMs - (this.#unknownSinceMs.get(node) ?? nowMs) >= this.#forgetAfterMs;
      return isDue && rendezvousPick(node, names) === nodeName;
    });
    const saidAway = new Set(topic.fold.nodes);
    const keys = mine.flatMap((node): RecordKey[] => {
      const services = [...catalog.of(node)].map(({ id }) => ({ node, id }));
      return saidAway.has(node) ? [...services, { node, id: undefined }] : services;
    });
    const reason = "the cluster has forgotten its node";
    const writes = keys.slice(0, takenOutMax).map((key) => ({ key, said: undefined, reason }));
    if (writes.length > 0) await topic.write(writes);
  }
}

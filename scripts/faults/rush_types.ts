/** What the processes of a rush tell each other. */
import path from "node:path";

export const producersCount = 3;

export interface RushOptions {
  readonly name: string;
  readonly topic: string;
  readonly urls: readonly string[];
  /** The directory where each leaves what it was told. */
  readonly ledger: string;
}

export interface RushProducersOptions extends RushOptions {
  readonly recordsPerSecond: number;
  /** Nodes that must hold a record before it is acknowledged. */
  readonly replicated: number;
  /** The deadline of each send. */
  readonly deliveryTimeoutMs: number;
}

/** Of all producers. */
export interface RushSent {
  /** What the rate came to. */
  readonly offered: number;
  readonly sent: number;
  readonly acknowledged: number;
  /** Not sent, because too much was unanswered already. */
  readonly shed: number;
  /** Acknowledged after the deadline of their send. */
  readonly slow: number;
  /** Answered or failed more than a second after it, and more than the producers' own process was held up. */
  readonly overdue: number;
  /** How long that was held up at worst: by then timers were late. */
  readonly stallMs: number;
  /** Sends that failed, by their error's code. */
  readonly failed: Readonly<Record<string, number>>;
  /** Time from send to ack: the half, 99 %, 99.9 %, all. */
  readonly percentilesMs: readonly number[];
}

export interface RushGiven {
  readonly given: number;
  readonly repeated: number;
  readonly altered: number;
  readonly failovers: number;
}

/** What the checker found over all nodes. */
export interface RushVerdict {
  /** By node. */
  readonly held: readonly number[];
  /** Acknowledged, and not on every node. */
  readonly lost: number;
  /** Served twice by a node. */
  readonly repeated: number;
  /** Not what anybody sent. */
  readonly altered: number;
  /** Behind a later record of the same producer in the same feed. */
  readonly outOfOrder: number;
  /** Held by a node, and not by another. */
  readonly unlike: number;
  /** Held, though the producer was told that it is not stored. */
  readonly refusedAndHeld: number;
  /** Held, and not known to the producer as acknowledged. */
  readonly unknownAndHeld: number;
  /** Held, and not given to the consumer. */
  readonly notGiven: number;
}

/** What a producer was told of a record, as a byte of its file. */
export const fates = { acknowledged: 1, refused: 2, unknown: 3 } as const;

export function fatesFile(ledger: string, producer: number): string {
  return path.join(ledger, `${producer}.fates`);
}

/** How often the consumer was given each record. */
export function givenFile(ledger: string, producer: number): string {
  return path.join(ledger, `${producer}.given`);
}

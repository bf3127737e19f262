import type { Logger } from "@logtape/logtape";
import type { Clock } from "../base/mod.ts";

/** What the rejoiner needs of membership. */
export interface Joinable {
  /** Contacts these gossip addresses. Rejects when none was reached. */
  join(
    addresses: readonly string[],
    options?: { readonly replay?: boolean | undefined },
  ): Promise<{ readonly contacted: readonly string[] }>;
}

/** None of the nodes to join answered, as often as they were to be tried. */
export class JoinGivenUpError extends Error {
  override readonly name = "JoinGivenUpError";
  readonly code = "JOIN_GIVEN_UP";
  readonly attempts: number;

  constructor(attempts: number, reason: string) {
    super(`Cannot join after ${attempts} ${attempts === 1 ? "try" : "tries"}: ${reason}`);
    this.attempts = attempts;
  }
}

export interface RejoinerOptions {
  readonly membership: Joinable;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where the node was told to find others. */
  readonly seeds: readonly string[];
  /** How often seeds are tried until one answers. @default 1000 */
  readonly seedsEveryMs?: number | undefined;
  /** Tries of the seeds after which the node gives up; 0 never does. @default 0 */
  readonly seedAttemptsMax?: number | undefined;
  /** Whether user events from before are told. @default false */
  readonly replay?: boolean | undefined;
  /** Hears that the node gave up. */
  readonly onGiveUp?: ((error: JoinGivenUpError) => void) | undefined;
  /** Gossip addresses of peers that failed, as they are now. */
  readonly failedPeers: () => readonly string[];
  /** Whether any other node is alive in this one's eyes. */
  readonly hasCompany: () => boolean;
}

/** Milliseconds between two rounds: a partition that healed is noticed within one, not after Serf's 30 s. */
const roundMs = 1_000;
/** A node whom the seeds left alone, itself being the only one say, asks them this seldom, in milliseconds. */
const seedsAgainMs = 30_000;
/** Failed peers dialled in one round: the others follow in the next ones. */
const dialsPerRoundMax = 8;
/**
 * Dials of one peer under way at a time, each begun in a round of its own. Whoever dials into a partition repeats itself
 * after 1 s, then 2, then 4: it would notice late that the way is open again. These between them knock every second.
 */
const dialsPerPeerMax = 4;
/** Dials of all peers under way at a time. */
const dialsMax = 32;

/**
 * Keeps a node in company: tries its seeds until one answers, and dials failed peers again. Both go on for the life of
 * the node, one round a second. Rounds do not wait for dials.
 */
export class Rejoiner implements AsyncDisposable {
  readonly #options: RejoinerOptions;
  #cancel: (() => void) | undefined;
  #isTryingSeeds = false;
  #disposed = false;
  /** How many dials of each peer are under way. */
  readonly #dialling = new Map<string, number>();
  #dials = 0;
  #next = 0;
  #seedFailures = 0;
  #hasJoined = false;
  #hasGivenUp = false;
  #seedsAgainAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: RejoinerOptions) {
    this.#options = options;
  }

  /** Tries the seeds once, then goes on by itself. Resolves after the first try. */
  async start(): Promise<void> {
    await this.#trySeeds();
    this.#schedule();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#cancel?.();
    // What is under way is not waited for: membership ends it when it stops.
  }

  #schedule(): void {
    if (this.#disposed) return;
    const { clock } = this.#options;
    this.#cancel = clock.schedule(clock.nowMs() + roundMs, () => {
      this.#tryAll();
      this.#schedule();
    });
  }

  #tryAll(): void {
    const failed = this.#options.failedPeers();
    const turns = Math.min(failed.length, dialsPerRoundMax);
    for (let turn = 0; turn < turns; turn++) this.#dial(failed[(this.#next + turn) % failed.length] as string);
    this.#next += turns;
    void this.#trySeeds();
  }

  #dial(address: string): void {
    const ofPeer = this.#dialling.get(address) ?? 0;
    if (ofPeer >= dialsPerPeerMax || this.#dials >= dialsMax) return;
    this.#dialling.set(address, ofPeer + 1);
    this.#dials++;
    void this.#options.membership
      .join([address])
      // Nobody is there yet: the next round tries again.
      .catch(() => {})
      .then(() => {
        this.#dials--;
        const left = (this.#dialling.get(address) ?? 1) - 1;
        if (left > 0) this.#dialling.set(address, left);
        else this.#dialling.delete(address);
      });
  }

  async #trySeeds(): Promise<void> {
    const { seeds, membership, logger, clock, hasCompany, seedsEveryMs = roundMs, replay } = this.#options;
    if (seeds.length === 0 || this.#hasGivenUp || this.#isTryingSeeds) return;
    if (hasCompany() || clock.nowMs() < this.#seedsAgainAtMs) return;
    this.#isTryingSeeds = true;
    let reason: string;
    try {
      const { contacted } = await membership.join(seeds, { replay });
      this.#hasJoined = true;
      this.#seedFailures = 0;
      this.#seedsAgainAtMs = clock.nowMs() + seedsAgainMs;
      logger.info("joined through {contacted}", { contacted: contacted.join(", ") });
      return;
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    } finally {
      this.#isTryingSeeds = false;
    }
    this.#seedsAgainAtMs = clock.nowMs() + seedsEveryMs;
    if (this.#givesUp(reason)) return;
    // The first failure and every tenth after it: a line a second would bury the rest.
    if (this.#seedFailures++ % 10 === 0 && !this.#disposed) {
      logger.warn("{reason}; trying again every {seconds} s", { reason, seconds: seedsEveryMs / 1_000 });
    }
  }

  /** Only who has never joined gives up: later the others come back, or find this node. */
  #givesUp(reason: string): boolean {
    const { seedAttemptsMax = 0, onGiveUp } = this.#options;
    const attempts = this.#seedFailures + 1;
    if (seedAttemptsMax === 0 || this.#hasJoined || this.#disposed || attempts < seedAttemptsMax) return false;
    this.#hasGivenUp = true;
    onGiveUp?.(new JoinGivenUpError(attempts, reason));
    return true;
  }
}

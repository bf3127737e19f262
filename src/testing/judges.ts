import type { MemberStatus } from "../membership/mod.ts";
import { Damage } from "./checkers/damage.ts";
import { NoDuplicates } from "./checkers/g1_no_duplicates.ts";
import { RetriedOnce } from "./checkers/g1_retries.ts";
import { SameFeed } from "./checkers/g2_same_feed.ts";
import { CausalOrder } from "./checkers/g3_causal_order.ts";
import { Convergence } from "./checkers/g4_convergence.ts";
import { Availability } from "./checkers/g5_availability.ts";
import { Cursors } from "./checkers/g6_cursors.ts";
import { Copies } from "./checkers/g7_copies.ts";
import { Durability } from "./checkers/g7_durability.ts";
import { ForkedSide } from "./checkers/g7_forked_side.ts";
import { ReadYourWrites } from "./checkers/g8_read_your_writes.ts";
import { MembershipOrder } from "./checkers/membership_order.ts";
import { SameLatest } from "./checkers/r7_latest.ts";
import { batchWords, type Checker, type FinalState, type Observation } from "./observation.ts";

/** A broken guarantee. */
export interface Violation {
  readonly guarantee: string;
  readonly atMs: number;
  readonly message: string;
}

/** Violations kept; the first ones tell the story. */
const violationsMax = 20;

/** All checkers of a world, and what they found. */
export class Judges {
  readonly violations: Violation[] = [];
  /** Records that nodes acknowledged. */
  acknowledged = 0;
  readonly #room: { readonly nowMs: number; note(text: string): void };
  readonly #beliefs = new Set<string>();
  readonly #checkers: readonly Checker[] = [
    new NoDuplicates(),
    new RetriedOnce(),
    new SameFeed(),
    new CausalOrder(),
    new Convergence(),
    new Availability(),
    new Cursors(),
    new Durability(),
    new ForkedSide(),
    new Copies(),
    new ReadYourWrites(),
    new MembershipOrder(),
    new SameLatest(),
    new Damage(),
  ];

  constructor(room: { readonly nowMs: number; note(text: string): void }) {
    this.#room = room;
  }

  observe(observation: Observation): void {
    if (observation.type === "acknowledged") this.acknowledged += observation.count;
    if (observation.type === "appended") this.#room.note(`${observation.node} has ${batchWords(observation.batch)}`);
    if (observation.type === "member") {
      this.#beliefs.add(`${observation.node}/${observation.member.name}/${observation.member.status}`);
    }
    for (const checker of this.#checkers) {
      const message = checker.observe(observation);
      if (message !== undefined) this.violate(checker.name, message);
    }
  }

  /** True when none of them would find fault with this end. */
  isContent(states: readonly FinalState[]): boolean {
    return this.#checkers.every((checker) => checker.finish(states).length === 0);
  }

  finish(states: readonly FinalState[]): void {
    for (const checker of this.#checkers) {
      for (const message of checker.finish(states)) this.violate(checker.name, message);
    }
  }

  sawEver(observer: string, name: string, status: MemberStatus): boolean {
    return this.#beliefs.has(`${observer}/${name}/${status}`);
  }

  violate(guarantee: string, message: string): void {
    this.#room.note(`VIOLATION ${guarantee}: ${message}`);
    if (this.violations.length < violationsMax) {
      this.violations.push({ guarantee, atMs: this.#room.nowMs, message });
    }
  }
}

import type { Vector } from "../base/mod.ts";

/**
 * How far tombstones have served their time: for a grace time every node that is known has held them. A record that is
 * older than a tombstone and comes later than that would not be hidden by it.
 */
export class Ripening {
  #ripe: Vector = new Map();
  #waiting: { readonly held: Vector; readonly sinceMs: number } | undefined;

  /** Tombstones at or below it may go. */
  get ripe(): Vector {
    return this.#ripe;
  }

  /**
   * Takes note of what all nodes hold now. What one look saw is ripe once another one comes after the grace time: so a
   * tombstone stays for one to two of them. Returns whether anything has ripened.
   */
  look(held: Vector, nowMs: number, graceMs: number): boolean {
    this.#waiting ??= { held, sinceMs: nowMs };
    if (nowMs - this.#waiting.sinceMs < graceMs) return false;
    this.#ripe = this.#waiting.held;
    this.#waiting = { held, sinceMs: nowMs };
    return true;
  }
}

/** All groups that this node is the home of. No I/O. */
import { Group, type GroupAnswer, type GroupCall } from "./group.ts";

/** Slots of each group. Members beyond as many have nothing to do, and take over when others go. */
export const groupSlots = 64;
/** A member that says nothing for so long has no slots any more. */
export const groupLeaseMs = 5_000;
/** Members of one group, those without slots included. */
export const groupMembersMax = 256;
/** Groups that one node is the home of. */
export const groupsMax = 1_000;

/** Too many groups have this node as their home. */
export class TooManyGroupsError extends RangeError {
  override readonly name = "TooManyGroupsError";
  readonly code = "TOO_MANY_GROUPS";
  /** Groups that this node is the home of. */
  readonly count: number;
  readonly allowed: number = groupsMax;

  constructor(count: number) {
    const fix = "end the members of some, or add nodes: groups spread over them";
    super(`Cannot work in group: this node is the home of ${count} groups, allowed are ${groupsMax}; ${fix}`);
    this.count = count;
  }
}

export class Groups {
  readonly #groups = new Map<string, Group>();
  /** When the nodes that could be a group's home last changed. */
  #changedAtMs: number;

  constructor(nowMs: number) {
    this.#changedAtMs = nowMs;
  }

  /** The nodes that may be homes are others now: groups that have another home are forgotten. */
  homesChanged(isOurs: (group: string) => boolean, nowMs: number): void {
    this.#changedAtMs = nowMs;
    for (const group of this.#groups.keys()) if (!isOurs(group)) this.#groups.delete(group);
  }

  /** Takes in a call of a member. Throws `TooManyGroupsError`. */
  work(group: string, call: GroupCall, nowMs: number): GroupAnswer {
    let known = this.#groups.get(group);
    if (known === undefined) {
      this.#forgetIdle(nowMs);
      if (this.#groups.size >= groupsMax) throw new TooManyGroupsError(this.#groups.size);
      const options = { slotCount: groupSlots, leaseMs: groupLeaseMs, membersMax: groupMembersMax };
      // Whoever was the home before gave no slot away for longer than that.
      known = new Group(options, this.#changedAtMs + groupLeaseMs);
      this.#groups.set(group, known);
    }
    const answer = known.work(call, nowMs);
    if (known.memberCount(nowMs) === 0) this.#groups.delete(group);
    return answer;
  }

  ownerOf(group: string, slot: number, nowMs: number): string | undefined {
    return this.#groups.get(group)?.ownerOf(slot, nowMs);
  }

  membersOf(group: string, nowMs: number): number {
    return this.#groups.get(group)?.memberCount(nowMs) ?? 0;
  }

  /** For those who watch the node. */
  counts(nowMs: number): { readonly groups: number; readonly members: number; readonly slots: number } {
    this.#forgetIdle(nowMs);
    const groups = [...this.#groups.values()];
    return {
      groups: groups.length,
      members: groups.reduce((sum, group) => sum + group.memberCount(nowMs), 0),
      slots: groups.reduce((sum, group) => sum + group.ownedCount(nowMs), 0),
    };
  }

  #forgetIdle(nowMs: number): void {
    for (const [name, group] of this.#groups) if (group.memberCount(nowMs) === 0) this.#groups.delete(name);
  }
}

/**
 * Who of a group's members works on which slots, as its home keeps it. No I/O: time is told, calls come one by one.
 *
 * Invariant: a slot has one owner at most, and an owner keeps it until it says that it stopped, or until its lease ran
 * out. Members count their lease from the moment they sent the call, so that for them it is over first.
 */
import { rendezvousPick } from "../base/mod.ts";

/** What a member says. */
export interface GroupCall {
  /** The slots that it is to have follow from this name. */
  readonly member: string;
  /** One life of the member. */
  readonly session: string;
  /** Greater in each call of a session. */
  readonly call: number;
  /** What it works on. */
  readonly slots: readonly number[];
  /** What it stopped working on. */
  readonly releases: readonly number[];
  readonly leave: boolean;
}

export type GroupAnswer =
  | { readonly type: "working"; readonly slots: readonly number[]; readonly giveUp: readonly number[] }
  /** Another life of the member has the name, for so long at least. */
  | { readonly type: "taken"; readonly leftMs: number }
  | { readonly type: "full" }
  /** A later call of the session was answered. */
  | { readonly type: "overtaken" };

export interface GroupOptions {
  readonly slotCount: number;
  readonly leaseMs: number;
  readonly membersMax: number;
}

interface Member {
  readonly name: string;
  readonly session: string;
  lastCall: number;
  untilMs: number;
}

export class Group {
  readonly #options: GroupOptions;
  /** Before it, another home may have given slots away: only what members say that they have is theirs. */
  readonly #settledAtMs: number;
  /** By their names. */
  readonly #members = new Map<string, Member>();
  readonly #owners: (Member | undefined)[];

  constructor(options: GroupOptions, settledAtMs: number) {
    this.#options = options;
    this.#settledAtMs = settledAtMs;
    this.#owners = new Array<Member | undefined>(options.slotCount).fill(undefined);
  }

  /** Members whose lease runs. */
  memberCount(nowMs: number): number {
    this.#expire(nowMs);
    return this.#members.size;
  }

  /** Slots that somebody owns. */
  ownedCount(nowMs: number): number {
    this.#expire(nowMs);
    return this.#owners.filter((owner) => owner !== undefined).length;
  }

  /** The session of the owner of a slot; undefined when it has none. */
  ownerOf(slot: number, nowMs: number): string | undefined {
    this.#expire(nowMs);
    return this.#owners[slot]?.session;
  }

  /** Takes in one call, and says what the member has from now on, for one lease. */
  work(call: GroupCall, nowMs: number): GroupAnswer {
    this.#expire(nowMs);
    const known = this.#members.get(call.member);
    if (known !== undefined && known.session !== call.session) {
      return { type: "taken", leftMs: known.untilMs - nowMs };
    }
    if (known !== undefined && call.call <= known.lastCall) return { type: "overtaken" };
    if (call.leave) {
      if (known !== undefined) this.#remove(known);
      return { type: "working", slots: [], giveUp: [] };
    }
    if (known === undefined && this.#members.size >= this.#options.membersMax) return { type: "full" };
    const member = known ?? { name: call.member, session: call.session, lastCall: 0, untilMs: 0 };
    this.#members.set(member.name, member);
    member.lastCall = call.call;
    member.untilMs = nowMs + this.#options.leaseMs;
    this.#take(member, call);
    return this.#shareOut(member, call, nowMs);
  }

  /** What the member stopped working on is free; what it works on, and nobody else has, is its own. */
  #take(member: Member, { slots, releases }: GroupCall): void {
    for (const slot of releases) if (this.#owners[slot] === member) this.#owners[slot] = undefined;
    for (const slot of slots) this.#owners[slot] ??= member;
  }

  #shareOut(member: Member, call: GroupCall, nowMs: number): GroupAnswer {
    const names = [...this.#members.keys()];
    const isSettled = nowMs >= this.#settledAtMs;
    const works = new Set(call.slots);
    const [slots, giveUp]: [number[], number[]] = [[], []];
    for (let slot = 0; slot < this.#options.slotCount; slot++) {
      const isMeant = isSettled && rendezvousPick(`slot ${slot}`, names) === member.name;
      if (isMeant) this.#owners[slot] ??= member;
      if (this.#owners[slot] !== member) continue;
      if (isMeant || !isSettled) {
        slots.push(slot);
      } else if (works.has(slot)) {
        slots.push(slot);
        giveUp.push(slot);
      } else {
        // It was told of the slot, if it was, and did not begin: it may as well go to whom it is meant for.
        this.#owners[slot] = undefined;
      }
    }
    return { type: "working", slots, giveUp };
  }

  #expire(nowMs: number): void {
    for (const member of this.#members.values()) if (member.untilMs <= nowMs) this.#remove(member);
  }

  #remove(member: Member): void {
    this.#members.delete(member.name);
    for (const [slot, owner] of this.#owners.entries()) if (owner === member) this.#owners[slot] = undefined;
  }
}

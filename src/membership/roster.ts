/** Serf's rules: what a member's status is, from what gossip sees and what intents announce. */
import type { NodeSnapshot } from "../gossip/mod.ts";
import type { LamportClock } from "./lamport.ts";
import type { JoinIntent, LeaveIntent } from "./messages.ts";
import { decodeTags } from "./tags.ts";
import type { Member, MemberEvent, MemberEventType, MemberStatus } from "./types.ts";

/** How long an intent about an unknown member is remembered: its news may still be on the way. */
const intentKeptMs = 300_000;

/** Unknown names with an intent, at most. */
const intentsMax = 8_192;

interface Entry {
  member: Member;
  /** Lamport time of the last intent about it that counted. */
  statusLamport: number;
  /** That time is from a peer's state, which does not say what the intent was. */
  isHearsay: boolean;
  /** When it left or failed. */
  goneSinceMs: number;
}

interface BufferedIntent {
  readonly type: "join" | "leave";
  readonly lamport: number;
  readonly isHearsay: boolean;
  readonly atMs: number;
}

export interface RosterSettings {
  readonly reconnectTimeoutMs: number;
  readonly tombstoneTimeoutMs: number;
}

export class Roster {
  readonly #localName: string;
  readonly #clock: LamportClock;
  readonly #emit: (event: MemberEvent) => void;
  readonly #entries = new Map<string, Entry>();
  readonly #intents = new Map<string, BufferedIntent>();
  #announcedLamport = 0;

  constructor(local: NodeSnapshot, clock: LamportClock, emit: (event: MemberEvent) => void) {
    this.#localName = local.name;
    this.#clock = clock;
    this.#emit = emit;
    const member = memberOf(local, "alive");
    this.#entries.set(local.name, { member, statusLamport: 0, isHearsay: false, goneSinceMs: 0 });
  }

  /** Takes in who is known from the start, without an event. Who says the same shares the tags. */
  know(nodes: Iterable<NodeSnapshot>): void {
    let like: Member | undefined;
    let meta: Uint8Array | undefined;
    for (const node of nodes) {
      if (node.name === this.#localName) continue;
      const { name, address, incarnation } = node;
      like =
        like !== undefined && node.meta === meta ? { ...like, name, address, incarnation } : memberOf(node, "alive");
      meta = node.meta;
      this.#entries.set(name, { member: like, statusLamport: 0, isHearsay: false, goneSinceMs: 0 });
    }
  }

  all(): Member[] {
    return [...this.#entries.values()].map((entry) => entry.member);
  }

  get(name: string): Member | undefined {
    return this.#entries.get(name)?.member;
  }

  /**
   * What a push/pull says of all members. Who hears of a leaver takes it as a leave one above the time told; of anybody
   * else, as a join at that time. A member that is just leaving must count among the leavers: told as a join at the time
   * of its leave, it would make the hearer deaf to the leave itself, and the goodbye would then look like a failure.
   */
  statuses(): { readonly statusLamports: Map<string, number>; readonly leftMembers: string[] } {
    const statusLamports = new Map<string, number>();
    const leftMembers: string[] = [];
    for (const [name, { member, statusLamport }] of this.#entries) {
      const isLeaving = member.status === "leaving";
      statusLamports.set(name, isLeaving ? Math.max(0, statusLamport - 1) : statusLamport);
      if (isLeaving || member.status === "left") leftMembers.push(name);
    }
    return { statusLamports, leftMembers };
  }

  withStatus(status: MemberStatus): Member[] {
    return this.all().filter((member) => member.status === status);
  }

  /** Gossip says that a node is alive. */
  joined(node: NodeSnapshot): void {
    const known = this.#entries.get(node.name);
    if (known !== undefined) {
      known.goneSinceMs = 0;
      this.#change(known, memberOf(node, "alive"), "member-join");
      return;
    }
    const intent = this.#intents.get(node.name);
    this.#intents.delete(node.name);
    const entry: Entry = {
      member: memberOf(node, intent?.type === "leave" ? "leaving" : "alive"),
      statusLamport: intent?.lamport ?? 0,
      isHearsay: intent?.isHearsay ?? false,
      goneSinceMs: 0,
    };
    this.#entries.set(node.name, entry);
    this.#emit({ type: "member-join", member: entry.member });
  }

  /** Gossip says that a node is gone: it left if it had announced that or said goodbye, and failed if not. */
  gone(node: NodeSnapshot, nowMs: number): void {
    const entry = this.#entries.get(node.name);
    if (entry === undefined || (entry.member.status !== "leaving" && entry.member.status !== "alive")) return;
    entry.goneSinceMs = nowMs;
    // Gossip knows a goodbye from a death. Serf's agents go by the intent alone, and call a leave whose intent was lost a
    // failure, until an exchange of states tells them better.
    const hasLeft = entry.member.status === "leaving" || node.state === "left";
    if (hasLeft) this.#change(entry, memberOf(node, "left"), "member-leave");
    else this.#change(entry, memberOf(node, "failed"), "member-failed");
  }

  /** Gossip says that a node says something else about itself. */
  updated(node: NodeSnapshot): void {
    const entry = this.#entries.get(node.name);
    if (entry !== undefined) this.#change(entry, memberOf(node, entry.member.status), "member-update");
  }

  /** True when this changed something: only then it is passed on. Always counts, or leaves would echo for ever. */
  joinIntent(intent: JoinIntent, nowMs: number): boolean {
    return this.#join(intent, nowMs, false);
  }

  /**
   * Takes the time of a member's status from a peer's state as a join, as Serf does. Serf's own agents tell of a leave so
   * too, while its goodbye is on the way: hence a leave intent of the same time counts nevertheless.
   */
  hearsay(intent: JoinIntent, nowMs: number): void {
    this.#join(intent, nowMs, true);
  }

  #join(intent: JoinIntent, nowMs: number, isHearsay: boolean): boolean {
    this.#clock.witness(intent.lamport);
    const entry = this.#entries.get(intent.node);
    if (entry === undefined) return this.#buffer("join", intent, { nowMs, isHearsay });
    if (intent.lamport <= entry.statusLamport) return false;
    entry.statusLamport = intent.lamport;
    entry.isHearsay = isHearsay;
    if (entry.member.status === "leaving") entry.member = { ...entry.member, status: "alive" };
    return true;
  }

  /** True when this changed something: only then it is passed on. Not for leaves of this node: see `contradicts`. */
  leaveIntent(intent: LeaveIntent, nowMs: number): boolean {
    this.#clock.witness(intent.lamport);
    const entry = this.#entries.get(intent.node);
    if (entry === undefined) return this.#buffer("leave", intent, { nowMs, isHearsay: false });
    if (!isNewLeave(intent.lamport, entry.statusLamport, entry.isHearsay)) return false;
    entry.statusLamport = intent.lamport;
    entry.isHearsay = false;
    if (entry.member.status === "alive") {
      entry.member = { ...entry.member, status: "leaving" };
    } else if (entry.member.status === "failed") {
      entry.goneSinceMs = nowMs;
      this.#change(entry, { ...entry.member, status: "left" }, "member-leave");
    }
    return true;
  }

  /** True when a leave intent is about this node and news to it: it must be contradicted while this node stays. */
  contradicts(intent: LeaveIntent): boolean {
    const entry = this.#entries.get(this.#localName) as Entry;
    // Others may count a leave of the very time of this node's join: see `hearsay`.
    return intent.node === this.#localName && intent.lamport >= entry.statusLamport;
  }

  /** True when a peer tells of a later time for this node than this node announced: that of a leave that it missed. */
  isBehind(intent: JoinIntent): boolean {
    const entry = this.#entries.get(this.#localName) as Entry;
    return intent.node === this.#localName && intent.lamport > Math.max(entry.statusLamport, this.#announcedLamport);
  }

  /** This node has told some members alone that it joined at a time. */
  announced(lamport: number): void {
    this.#announcedLamport = Math.max(this.#announcedLamport, lamport);
  }

  /** Forgets a member that is not alive. */
  prune(name: string): void {
    const entry = this.#entries.get(name);
    if (entry === undefined || entry.member.status === "alive" || name === this.#localName) return;
    this.#entries.delete(name);
    this.#emit({ type: "member-reap", member: entry.member });
  }

  /** Forgets members that are gone for long, and intents that nobody followed. */
  reap(settings: RosterSettings, nowMs: number): void {
    for (const [name, { member, goneSinceMs }] of [...this.#entries]) {
      const keptMs = member.status === "failed" ? settings.reconnectTimeoutMs : settings.tombstoneTimeoutMs;
      const isGone = member.status === "failed" || member.status === "left";
      if (isGone && nowMs - goneSinceMs > keptMs) this.prune(name);
    }
    for (const [name, intent] of [...this.#intents]) {
      if (nowMs - intent.atMs > intentKeptMs) this.#intents.delete(name);
    }
  }

  #buffer(
    type: "join" | "leave",
    { node, lamport }: JoinIntent | LeaveIntent,
    { nowMs, isHearsay }: { readonly nowMs: number; readonly isHearsay: boolean },
  ): boolean {
    const known = this.#intents.get(node);
    if (known === undefined && this.#intents.size >= intentsMax) return false;
    if (known !== undefined) {
      const isNews = type === "leave" ? isNewLeave(lamport, known.lamport, known.isHearsay) : lamport > known.lamport;
      if (!isNews) return false;
    }
    this.#intents.set(node, { type, lamport, isHearsay, atMs: nowMs });
    return true;
  }

  #change(entry: Entry, member: Member, type: MemberEventType): void {
    entry.member = member;
    this.#emit({ type, member });
  }
}

function isNewLeave(lamport: number, knownLamport: number, isHearsay: boolean): boolean {
  return lamport > knownLamport || (isHearsay && lamport === knownLamport);
}

function memberOf(node: NodeSnapshot, status: MemberStatus): Member {
  const { name, address, incarnation } = node;
  return { name, address, tags: decodeTags(node.meta), status, incarnation };
}

import { type Machine, Schedule, type Wake } from "../base/mod.ts";
import { sameTags } from "./tags.ts";
import type { Member, MemberEvent, MemberEventType } from "./types.ts";

/** Members that wait at the same time: one more, and all are told at once. */
const waitingMax = 4_096;

/** Members whose last event is remembered, so that it is not told twice. */
const toldMax = 32_768;

/** How long events are held back, in milliseconds. */
export interface CoalescePeriods {
  /** At most; 0 tells each at once. */
  readonly windowMs: number;
  /** Until it was quiet for so long. */
  readonly quietMs: number;
}

/** Members to whom the same happened, each once. */
export interface MemberBatch {
  readonly type: MemberEventType;
  readonly members: readonly Member[];
}

export type CoalescerInput = Wake | { readonly type: "event"; readonly event: MemberEvent };
export type CoalescerEffect = { readonly type: "batch"; readonly batch: MemberBatch };

/**
 * Holds back what happens to members, and tells of each only the last: when nothing came for a while, and at the end of
 * the window at the latest. A member that fails and is back meanwhile is not spoken of. It is for those who would be
 * told too often otherwise; gossip goes on as it goes. No I/O.
 */
export class MemberCoalescer implements Machine<CoalescerInput, CoalescerEffect> {
  readonly #periods: CoalescePeriods;
  readonly #schedule = new Schedule();
  readonly #told = new Map<string, MemberEvent>();
  #waiting = new Map<string, MemberEvent>();
  #window: { cancel(): void } | undefined;
  #quiet: { cancel(): void } | undefined;
  #effects: CoalescerEffect[] = [];

  /** Who is alive at the start is known to those who are told. */
  constructor(periods: CoalescePeriods, known: readonly Member[] = []) {
    this.#periods = periods;
    for (const member of known) if (member.status === "alive") this.#remember({ type: "member-join", member });
  }

  get wakeAtMs(): number {
    return this.#schedule.nextAtMs;
  }

  step(input: CoalescerInput, nowMs: number): CoalescerEffect[] {
    this.#effects = [];
    if (input.type === "wake") this.#schedule.runDue(nowMs);
    else this.#add(input.event, nowMs);
    return this.#effects;
  }

  #add(event: MemberEvent, nowMs: number): void {
    const { windowMs, quietMs } = this.#periods;
    if (windowMs === 0) {
      this.#effects.push({ type: "batch", batch: { type: event.type, members: [event.member] } });
      return;
    }
    const { name } = event.member;
    const waiting = this.#waiting.get(name);
    // Who has just joined and then changed has joined, and is told of as it is now.
    const isPartOfJoin = event.type === "member-update" && waiting?.type === "member-join";
    this.#waiting.set(name, isPartOfJoin ? { type: "member-join", member: event.member } : event);
    this.#quiet?.cancel();
    this.#quiet = this.#schedule.at(nowMs + quietMs, () => this.#flush());
    this.#window ??= this.#schedule.at(nowMs + windowMs, () => this.#flush());
    if (this.#waiting.size > waitingMax) this.#flush();
  }

  #flush(): void {
    this.#quiet?.cancel();
    this.#window?.cancel();
    this.#quiet = undefined;
    this.#window = undefined;
    const batches = new Map<MemberEventType, Member[]>();
    for (const event of this.#waiting.values()) {
      const news = this.#newsOf(event);
      if (news === undefined) continue;
      const members = batches.get(news) ?? [];
      members.push(event.member);
      batches.set(news, members);
      this.#remember(event);
    }
    // Emptied, or what was told now would be told again with every later event.
    this.#waiting = new Map();
    for (const [type, members] of batches) this.#effects.push({ type: "batch", batch: { type, members } });
  }

  /** What an event is to those who heard of the last one; undefined when it is nothing new to them. */
  #newsOf({ type, member }: MemberEvent): MemberEventType | undefined {
    const told = this.#told.get(member.name);
    if (type === "member-update") return type;
    if (type !== "member-join") return told?.type === type ? undefined : type;
    const wasThere = told?.type === "member-join" || told?.type === "member-update";
    return wasThere ? this.#updateOf(told.member, member) : type;
  }

  /** A member that was gone in between is news only when it came back as another. */
  #updateOf(before: Member, now: Member): MemberEventType | undefined {
    const isSame =
      sameTags(before.tags, now.tags) &&
      before.address.host === now.address.host &&
      before.address.port === now.address.port;
    return isSame ? undefined : "member-update";
  }

  #remember(event: MemberEvent): void {
    const { name } = event.member;
    this.#told.delete(name);
    if (event.type === "member-reap") return;
    this.#told.set(name, event);
    for (const oldest of this.#told.keys()) {
      if (this.#told.size <= toldMax) break;
      this.#told.delete(oldest);
    }
  }
}

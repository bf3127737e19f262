/** The members as the page knows them, and what changed about them. Pure. */
import type { MemberDescription, MemberStatus } from "../src/client/browser.ts";
import type { EventTone } from "./event_log.ts";

export interface WatchedMember extends MemberDescription {
  /** Since when it is in its state; undefined when it was before the page looked. */
  readonly sinceMs: number | undefined;
}

export interface MemberChange {
  readonly name: string;
  readonly what: string;
  readonly tone: EventTone;
  readonly detail?: string | undefined;
}

/**
 * Lists and events tell of the same changes, and after a failover the next node tells everything again: only what differs
 * from what is known is a change.
 */
export class MemberBook {
  #members = new Map<string, WatchedMember>();
  #isFirst = true;

  get members(): readonly WatchedMember[] {
    return [...this.#members.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  get(name: string): WatchedMember | undefined {
    return this.#members.get(name);
  }

  /** All members there are. */
  list(listed: readonly MemberDescription[], nowMs: number): MemberChange[] {
    const changes = listed.flatMap((member) => this.#put(member, nowMs, !this.#isFirst));
    const names = new Set(listed.map(({ name }) => name));
    const gone = [...this.#members.keys()].filter((name) => !names.has(name));
    for (const name of gone) changes.push(...this.forget(name));
    this.#isFirst = false;
    return changes;
  }

  /** One member as an event tells it. */
  put(member: MemberDescription, nowMs: number): MemberChange[] {
    return this.#put(member, nowMs, true);
  }

  forget(name: string): MemberChange[] {
    return this.#members.delete(name) ? [{ name, what: "was forgotten", tone: "plain" }] : [];
  }

  #put(member: MemberDescription, nowMs: number, isNews: boolean): MemberChange[] {
    const known = this.#members.get(member.name);
    const isSame = known?.status === member.status;
    this.#members.set(member.name, { ...member, sinceMs: isSame ? known.sinceMs : isNews ? nowMs : undefined });
    if (!isNews) return [];
    if (!isSame) return [{ name: member.name, detail: member.tags["rpc_addr"], ...wordsOf(member.status, known) }];
    const tags = tagChanges(known.tags, member.tags);
    const moved = known.address === member.address ? [] : [`address ${member.address}`];
    const detail = [...moved, ...tags].join(" · ");
    return detail === "" ? [] : [{ name: member.name, what: "changed", tone: "plain", detail }];
  }
}

function wordsOf(
  status: MemberStatus,
  known: WatchedMember | undefined,
): { readonly what: string; readonly tone: EventTone } {
  switch (status) {
    case "alive":
      return { what: known === undefined ? "joined" : "is back", tone: "good" };
    case "leaving":
      return { what: "is leaving", tone: "odd" };
    case "left":
      return { what: "left", tone: "odd" };
    case "failed":
      return { what: "failed", tone: "bad" };
    case "unknown":
      return { what: "is in a state that this page does not know", tone: "odd" };
    default:
      return status satisfies never;
  }
}

function tagChanges(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): string[] {
  const set = Object.entries(after).filter(([tag, value]) => before[tag] !== value);
  const removed = Object.keys(before).filter((tag) => !(tag in after));
  return [...set.map(([tag, value]) => `${tag}=${value}`), ...removed.map((tag) => `${tag} taken away`)];
}

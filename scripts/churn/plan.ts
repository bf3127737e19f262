/** What is done to the mixed cluster, and when: all of it follows from one seed, so that a run can be repeated. */
import type { Random } from "../../src/base/mod.ts";

export type Step = { readonly atMs: number } & (
  | { readonly type: "start"; readonly member: string; readonly moves: boolean; readonly via: readonly string[] }
  | { readonly type: "leave" | "kill" | "pause" | "resume"; readonly member: string }
  | {
      readonly type: "tags";
      readonly member: string;
      readonly set: ReadonlyMap<string, string>;
      readonly remove: readonly string[];
    }
  | { readonly type: "event" | "query"; readonly member: string; readonly name: string }
  | { readonly type: "join"; readonly member: string; readonly with: string }
  | { readonly type: "force-leave"; readonly member: string; readonly target: string; readonly prune: boolean }
  /** Install a key by one member, use it by another, remove the old one by a third. */
  | { readonly type: "rotate"; readonly members: readonly [string, string, string]; readonly key: Uint8Array }
);

export interface PlanSettings {
  readonly durationMs: number;
  /** Members that are there from the start, and alive at the end. */
  readonly residents: readonly string[];
  /** Guests to come, one after the other: each joins, stays for a while, and goes for good. */
  readonly guests: readonly string[];
  /** How long killed members stay away at most; long enough for them to be seen failed now and then. */
  readonly awayMsMax: number;
  /** The mean time between two actions. */
  readonly paceMs: number;
}

type Where = "up" | "away" | "paused";

const pauseMsMin = 1_000;
const pauseMsMax = 6_000;

/** Actions by how often they come. */
const weights = {
  event: 26,
  tags: 16,
  query: 10,
  kill: 10,
  leave: 8,
  pause: 10,
  "force-leave": 7,
  join: 3,
  guest: 5,
} as const;
type ActionName = keyof typeof weights;

export function planChurn(settings: PlanSettings, random: Random): Step[] {
  return new Planner(settings, random).plan();
}

class Planner {
  readonly #settings: PlanSettings;
  readonly #random: Random;
  readonly #steps: Step[] = [];
  readonly #where = new Map<string, Where>();
  /** When who comes back from where it is. */
  readonly #returns: { readonly atMs: number; readonly member: string; readonly to: Where | "gone" }[] = [];
  readonly #guestsLeft: string[];
  /** Names that are gone for good, or killed for the time being. */
  readonly #dead = new Set<string>();
  #count = 0;

  constructor(settings: PlanSettings, random: Random) {
    this.#settings = settings;
    this.#random = random;
    this.#guestsLeft = [...settings.guests];
    for (const name of settings.residents) this.#where.set(name, "up");
  }

  plan(): Step[] {
    const { durationMs, paceMs } = this.#settings;
    const rotations = Math.max(1, Math.round(durationMs / 100_000));
    let rotated = 0;
    for (let atMs = 0; atMs < durationMs; atMs += this.#random.between(paceMs / 2, (paceMs * 3) / 2)) {
      this.#settle(atMs);
      if (rotated < rotations && atMs > ((rotated + 0.3) * durationMs) / rotations) {
        rotated++;
        this.#rotate(atMs);
      } else this.#act(atMs);
    }
    this.#settle(Number.POSITIVE_INFINITY);
    return this.#steps.sort((left, right) => left.atMs - right.atMs);
  }

  /** Notes who has come back by then. */
  #settle(nowMs: number): void {
    for (const back of this.#returns.filter(({ atMs }) => atMs <= nowMs)) {
      this.#returns.splice(this.#returns.indexOf(back), 1);
      if (back.to === "gone") {
        this.#where.delete(back.member);
        this.#dead.add(back.member);
      } else {
        this.#where.set(back.member, back.to);
        this.#dead.delete(back.member);
      }
    }
  }

  #up(): string[] {
    return [...this.#where].filter(([, where]) => where === "up").map(([name]) => name);
  }

  #one(): string {
    return this.#random.pick(this.#up()) as string;
  }

  #act(atMs: number): void {
    const action = this.#choose();
    const member = this.#one();
    const { residents } = this.#settings;
    // Enough stay that somebody can always be joined, asked and told.
    const mayGo = residents.includes(member) && this.#up().length > Math.ceil(residents.length * 0.6);
    switch (action) {
      case "event":
      case "query":
        this.#steps.push({ atMs, type: action, member, name: `churn-${++this.#count}` });
        return;
      case "tags":
        this.#tags(atMs, member);
        return;
      case "kill":
      case "leave":
        if (mayGo) this.#sendAway(atMs, action, member);
        return;
      case "pause":
        if (mayGo) this.#pause(atMs, member);
        return;
      case "force-leave":
        this.#forceLeave(atMs, member);
        return;
      case "join":
        this.#steps.push({ atMs, type: "join", member, with: this.#one() });
        return;
      case "guest":
        this.#invite(atMs);
        return;
      default:
        action satisfies never;
    }
  }

  #choose(): ActionName {
    const names = Object.keys(weights) as ActionName[];
    let left = this.#random.below(names.reduce((sum, name) => sum + weights[name], 0));
    for (const name of names) {
      left -= weights[name];
      if (left < 0) return name;
    }
    return "event";
  }

  #tags(atMs: number, member: string): void {
    const value = String(this.#random.below(1_000));
    const tag = `t${this.#random.below(3)}`;
    const remove = this.#random.chance(0.3) ? [`t${this.#random.below(3)}`] : [];
    this.#steps.push({
      atMs,
      type: "tags",
      member,
      set: new Map([[tag, value]]),
      remove: remove.filter((t) => t !== tag),
    });
  }

  #sendAway(atMs: number, type: "kill" | "leave", member: string): void {
    const { awayMsMax, durationMs } = this.#settings;
    this.#steps.push({ atMs, type, member });
    this.#where.set(member, "away");
    if (type === "kill") this.#dead.add(member);
    const backAtMs = Math.min(durationMs, atMs + this.#random.between(500, awayMsMax));
    // Who was killed still holds its address; who left may come back from elsewhere.
    const moves = type === "leave" && this.#random.chance(0.5);
    this.#start(backAtMs, member, moves);
    this.#returns.push({ atMs: backAtMs, member, to: "up" });
  }

  #start(atMs: number, member: string, moves: boolean): void {
    const others = this.#random.shuffle(this.#settings.residents.filter((name) => name !== member));
    this.#steps.push({ atMs, type: "start", member, moves, via: others });
  }

  #pause(atMs: number, member: string): void {
    const endMs = atMs + this.#random.between(pauseMsMin, pauseMsMax);
    this.#steps.push({ atMs, type: "pause", member }, { atMs: endMs, type: "resume", member });
    this.#where.set(member, "paused");
    this.#returns.push({ atMs: endMs, member, to: "up" });
  }

  /** Mostly of somebody who is dead; now and then of somebody alive, who must contradict. */
  #forceLeave(atMs: number, member: string): void {
    const gone = [...this.#dead];
    const isAlive = gone.length === 0 || this.#random.chance(0.2);
    const target = isAlive ? this.#one() : (this.#random.pick(gone) as string);
    const prune = !isAlive && this.#settings.guests.includes(target) && this.#random.chance(0.5);
    if (target !== member) this.#steps.push({ atMs, type: "force-leave", member, target, prune });
  }

  #invite(atMs: number): void {
    const guest = this.#guestsLeft.shift();
    if (guest === undefined) return;
    const { durationMs, awayMsMax } = this.#settings;
    const endMs = Math.min(durationMs, atMs + this.#random.between(awayMsMax / 2, awayMsMax * 2));
    this.#start(atMs, guest, false);
    this.#where.set(guest, "up");
    this.#steps.push({ atMs: endMs, type: this.#random.chance(0.5) ? "leave" : "kill", member: guest });
    this.#returns.push({ atMs: endMs, member: guest, to: "gone" });
  }

  #rotate(atMs: number): void {
    const members = [this.#one(), this.#one(), this.#one()] as const;
    this.#steps.push({ atMs, type: "rotate", members, key: this.#random.bytes(32) });
  }
}

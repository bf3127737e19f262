/** Who was told of which user event, and how often. */

/** How long a member must stay up after an event for its silence to count as a loss. */
const hearMsMax = 20_000;

/** One life of a member: from when it was a member until it was stopped. */
interface Life {
  readonly startedMs: number;
  joinedMs: number;
  untilMs: number;
  readonly told: Map<string, number>;
}

export interface DeliveryReport {
  readonly sent: number;
  /** Deliveries to members that were up all the while, those that came, and those that did not. */
  readonly expected: number;
  readonly delivered: number;
  /** `member event`, a line each. */
  readonly lost: readonly string[];
  readonly repeated: readonly string[];
  /** Events that a member was told though they were sent before it was there. */
  readonly fromBefore: readonly string[];
}

export class Ledger {
  readonly #sent = new Map<string, number>();
  readonly #lives = new Map<string, Life>();

  started(member: string, life: number, atMs: number): void {
    const never = Number.POSITIVE_INFINITY;
    this.#lives.set(`${member}/${life}`, { startedMs: atMs, joinedMs: never, untilMs: never, told: new Map() });
  }

  joined(member: string, life: number, atMs: number): void {
    const entry = this.#lives.get(`${member}/${life}`);
    if (entry !== undefined) entry.joinedMs = atMs;
  }

  ended(member: string, life: number, atMs: number): void {
    const entry = this.#lives.get(`${member}/${life}`);
    if (entry !== undefined) entry.untilMs = Math.min(entry.untilMs, atMs);
  }

  sent(event: string, atMs: number): void {
    this.#sent.set(event, atMs);
  }

  told(member: string, life: number, event: string): void {
    const told = this.#lives.get(`${member}/${life}`)?.told;
    told?.set(event, (told.get(event) ?? 0) + 1);
  }

  report(): DeliveryReport {
    let expected = 0;
    const [lost, repeated, fromBefore]: [string[], string[], string[]] = [[], [], []];
    for (const [key, { startedMs, joinedMs, untilMs, told }] of this.#lives) {
      for (const [event, sentMs] of this.#sent) {
        const count = told.get(event) ?? 0;
        if (count > 1) repeated.push(`${key} ${event}`);
        if (count > 0 && sentMs < startedMs) fromBefore.push(`${key} ${event}`);
        if (joinedMs > sentMs || untilMs < sentMs + hearMsMax) continue;
        expected++;
        if (count === 0) lost.push(`${key} ${event}`);
      }
    }
    return { sent: this.#sent.size, expected, delivered: expected - lost.length, lost, repeated, fromBefore };
  }
}

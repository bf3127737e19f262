import type { LogRecord } from "@grapevine/log/client";

/** An application: keeps how much each customer has paid, from the records of a topic. */
export class OrderTotals {
  readonly #totals = new Map<string, number>();

  of(customer: string): number {
    return this.#totals.get(customer) ?? 0;
  }

  /** Takes in records until `count` have come. */
  async follow(records: AsyncIterable<LogRecord>, count: number): Promise<void> {
    let taken = 0;
    for await (const record of records) {
      const { customer, cents } = JSON.parse(record.text()) as { customer: string; cents: number };
      this.#totals.set(customer, this.of(customer) + cents);
      if (++taken === count) break;
    }
  }
}

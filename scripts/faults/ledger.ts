/** The files by which clients tell the checker what they were told: they are all that it knows of them. */
import { createReadStream, createWriteStream, readdirSync, renameSync, type WriteStream } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";

/** `left` is what a client was given that did not stay to the end. */
export type LedgerKind = "acknowledged" | "delivered" | "left";

/** Written by one client, under its name. */
export class Ledger {
  readonly #path: string;
  readonly #acknowledged: WriteStream;
  readonly #delivered: WriteStream;

  constructor(directory: string, client: string) {
    this.#path = path.join(directory, client);
    this.#acknowledged = createWriteStream(`${this.#path}.${"acknowledged" satisfies LedgerKind}`);
    this.#delivered = createWriteStream(`${this.#path}.${"delivered" satisfies LedgerKind}`);
  }

  acknowledged(number: number, writer: string, sequence: number): void {
    this.#acknowledged.write(`${number} ${writer} ${sequence}\n`);
  }

  /** A record by its name, as `a:17`. */
  delivered(name: string): void {
    this.#delivered.write(`${name}\n`);
  }

  async close(): Promise<void> {
    const files = [this.#acknowledged, this.#delivered];
    await Promise.all(files.map((file) => new Promise<void>((resolve) => file.end(resolve))));
  }

  /** Closes it before everything was given. */
  async leave(): Promise<void> {
    await this.close();
    renameSync(`${this.#path}.delivered`, `${this.#path}.${"left" satisfies LedgerKind}`);
  }
}

/** Every line of the ledgers of one kind, with the client's name. */
export async function* readLedgers(
  directory: string,
  kind: LedgerKind,
): AsyncGenerator<{ readonly client: string; readonly lines: AsyncIterable<string> }> {
  for (const file of readdirSync(directory).sort()) {
    if (!file.endsWith(`.${kind}`)) continue;
    const lines = createInterface({ input: createReadStream(path.join(directory, file)) });
    yield { client: file.slice(0, -kind.length - 1), lines };
  }
}

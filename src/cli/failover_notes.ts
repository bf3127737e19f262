import type { ConsumeFailover } from "../client/mod.ts";

/** Notes that are remembered as told. Beyond them all are news again. */
export const notesMax = 1_000;

/** What is told of servers that fail, each thing once until records come again: a consumer asks all of them, again and again. */
export class FailoverNotes {
  readonly #print: (note: string) => void;
  readonly #told = new Set<string>();

  constructor(print: (note: string) => void) {
    this.#print = print;
  }

  tell({ error, server }: ConsumeFailover): void {
    const note = `${error.message}; going on at ${server}`;
    if (this.#told.has(note)) return;
    if (this.#told.size >= notesMax) this.#told.clear();
    this.#told.add(note);
    this.#print(note);
  }

  /** A record came: whatever fails from now on is news. */
  forget(): void {
    this.#told.clear();
  }
}

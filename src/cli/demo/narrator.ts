import { printNote } from "../output.ts";

const timeWidth = 6;

/** Tells what happens, and when, to whoever sits at the terminal. */
export class Narrator {
  readonly #beganAtMs: number = performance.now();

  tell(line: string): void {
    const seconds = ((performance.now() - this.#beganAtMs) / 1_000).toFixed(1);
    printNote(`${seconds.padStart(timeWidth)} s  ${line}`);
  }

  /** What stands below the last line that was told. */
  add(line: string): void {
    printNote(`${" ".repeat(timeWidth)}    ${line}`);
  }
}

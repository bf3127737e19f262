/** A script of this folder in a process of its own, that is asked a line at a time and answers with a line of JSON. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Place } from "../../tests/interop/processes.ts";

interface Answer {
  readonly answer?: unknown;
  readonly error?: string;
}

export class DrivenProcess implements AsyncDisposable {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #waiting: { readonly resolve: (answer: unknown) => void; readonly reject: (error: Error) => void }[] = [];
  readonly #closed: Promise<void>;

  /** Starts the script, with these options in JSON as its argument. */
  constructor(script: string, options: { readonly name: string }, place?: Place) {
    this.#name = options.name;
    const words = [process.execPath, fileURLToPath(new URL(script, import.meta.url)), JSON.stringify(options)];
    const [command, ...rest] = (place?.within(words) ?? words) as [string, ...string[]];
    this.#child = spawn(command, rest, { stdio: ["pipe", "pipe", "inherit"] });
    this.#child.stdin?.on("error", () => {});
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on("line", (line) => this.#hear(line));
    this.#closed = new Promise((resolve) => {
      this.#child.once("close", () => {
        for (const { reject } of this.#waiting.splice(0)) reject(new Error(`Cannot ask ${this.#name}: it ended`));
        resolve();
      });
    });
  }

  /** Questions are answered in their order. */
  ask<Result>(command: string): Promise<Result> {
    const answer = new Promise<unknown>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    this.#child.stdin?.write(`${command}\n`);
    return answer as Promise<Result>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGKILL");
    await this.#closed;
  }

  #hear(line: string): void {
    const { answer, error } = JSON.parse(line) as Answer;
    const waiting = this.#waiting.shift();
    if (error === undefined) waiting?.resolve(answer);
    else waiting?.reject(new Error(`${this.#name}: ${error}`));
  }
}

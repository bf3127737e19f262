/** Runs a program of the operator's, without a shell in between: no word of it is ever read as a command. */
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { systemClock } from "./clock.ts";

/** How long output is waited for after the program has ended: what it left in the background may hold it open. */
const outputGraceMs = 1_000;

export interface Program {
  /** The file to run, and its arguments. */
  readonly words: readonly [string, ...string[]];
  /** Added to the environment of this process. */
  readonly environment: Readonly<Record<string, string>>;
  readonly input: Uint8Array;
  /** Of the output, standard error included, so many last bytes are kept. */
  readonly outputBytesMax: number;
  /** Ends the program, and what it started. */
  readonly signal: AbortSignal;
}

export type ProgramResult =
  | { readonly type: "exited"; readonly code: number; readonly output: Uint8Array }
  /** By a signal: ours, or somebody else's. */
  | { readonly type: "killed"; readonly by: string }
  | { readonly type: "not-started"; readonly reason: string };

/** Resolves when the program has ended. Never rejects. */
export function runProgram(program: Program): Promise<ProgramResult> {
  const { words, environment, input, signal } = program;
  if (signal.aborted) return Promise.resolve({ type: "killed", by: "SIGKILL" });
  const [file, ...flags] = words;
  let child: ChildProcess;
  try {
    // A group of its own: what the program starts ends with it, and Ctrl-C in our terminal is not meant for it.
    const env = { ...process.env, ...environment };
    child = spawn(file, flags, { env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  } catch (error) {
    return Promise.resolve({ type: "not-started", reason: messageOf(error) });
  }
  return finish(child, input, program);
}

function finish(child: ChildProcess, input: Uint8Array, program: Program): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const output = new Tail(program.outputBytesMax);
    let cancelGrace = (): void => {};
    const kill = (): void => killGroup(child);
    const end = (result: ProgramResult): void => {
      cancelGrace();
      program.signal.removeEventListener("abort", kill);
      // What still writes or reads there gets an error of its own.
      for (const stream of child.stdio) stream?.destroy();
      resolve(result);
    };
    const ended = (code: number | null, by: string | null): void => {
      end(code === null ? { type: "killed", by: String(by) } : { type: "exited", code, output: output.bytes() });
    };
    program.signal.addEventListener("abort", kill, { once: true });
    child.once("error", (error) => end({ type: "not-started", reason: messageOf(error) }));
    child.once("exit", (code, by) => {
      cancelGrace = systemClock.schedule(systemClock.nowMs() + outputGraceMs, () => ended(code, by));
    });
    child.once("close", ended);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (bytes: Uint8Array) => output.add(bytes));
      stream?.on("error", ignore);
    }
    // A program need not read what it is given.
    child.stdin?.on("error", ignore);
    child.stdin?.end(input);
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // No groups here, or it has ended meanwhile.
    child.kill("SIGKILL");
  }
}

/** The last bytes of what is written. */
class Tail {
  readonly #bytesMax: number;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  add(bytes: Uint8Array): void {
    const last = bytes.subarray(Math.max(0, bytes.length - this.#bytesMax));
    const kept = this.#bytes.subarray(Math.max(0, this.#bytes.length + last.length - this.#bytesMax));
    const joined = new Uint8Array(kept.length + last.length);
    joined.set(kept);
    joined.set(last, kept.length);
    this.#bytes = joined;
  }

  bytes(): Uint8Array {
    return this.#bytes;
  }
}

function ignore(): void {}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A node in a process of its own, as whoever soaks it has it. */
import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { runtimeCommand } from "../../tests/runner/runtimes.ts";
import { type Census, readCensus } from "./census.ts";
import type { SoakNodeArguments, SoakNodeFacts, SoakQuestion, Taken } from "./node_process.ts";

export type SoakedRuntime = "bun" | "node";

const projectDirectory = fileURLToPath(new URL("../../", import.meta.url));

export interface SoakedNodeOptions {
  /** Its data and its snapshots are kept there. */
  readonly directory: string;
  readonly leaks: boolean;
}

export class SoakedNode implements AsyncDisposable {
  readonly facts: SoakNodeFacts;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #directory: string;
  readonly #closed: Promise<void>;

  static async start(runtime: SoakedRuntime, { directory, leaks }: SoakedNodeOptions): Promise<SoakedNode> {
    const script = fileURLToPath(new URL("./node_process.ts", import.meta.url));
    const [command, ...flags] = runtimeCommand(runtime, projectDirectory) as [string, ...string[]];
    const program = runtime === "node" ? "node" : command;
    const own = runtime === "node" ? ["--expose-gc"] : [];
    const words: SoakNodeArguments = { dataDir: path.join(directory, "data"), leaks };
    const child = spawn(program, [...own, ...flags, script, JSON.stringify(words)], {
      cwd: projectDirectory,
      stdio: ["pipe", "pipe", "inherit"],
    });
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
    const { value, done } = await lines.next();
    if (done) throw new Error(`Cannot start a node on ${runtime}: it ended`);
    return new SoakedNode(child, lines, directory, JSON.parse(value) as SoakNodeFacts);
  }

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, directory: string, facts: SoakNodeFacts) {
    this.#child = child;
    this.#lines = lines;
    this.#directory = directory;
    this.facts = facts;
    this.#closed = new Promise((resolve) => child.once("close", () => resolve()));
  }

  async taken(question: SoakQuestion = {}): Promise<Taken> {
    this.#child.stdin?.write(`${JSON.stringify(question)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("The node ended");
    return JSON.parse(value) as Taken;
  }

  /** What it takes up, and then which objects it holds. */
  async counted(): Promise<{ readonly taken: Taken; readonly census: Census }> {
    const snapshotFile = path.join(this.#directory, "node.heapsnapshot");
    const taken = await this.taken({ snapshotFile });
    const census = readCensus(snapshotFile);
    rmSync(snapshotFile);
    return { taken, census };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#closed;
  }
}

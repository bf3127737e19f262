/** The service of examples/greeter.ts in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { runtimeCommand } from "../../tests/cluster/processes.ts";

const program = fileURLToPath(new URL("../../examples/greeter.ts", import.meta.url));
const startMsMax = 30_000;

export class GreeterProcess implements AsyncDisposable {
  readonly id: string;
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;

  /** Resolves when the node knows it. */
  static async start(id: string, nodeUrl: string): Promise<GreeterProcess> {
    const words: readonly string[] = [...runtimeCommand(), program, nodeUrl, id];
    const [command, ...rest] = words as [string, ...string[]];
    const child = spawn(command, rest, { stdio: ["ignore", "pipe", "inherit"] });
    const impatience = setTimeout(() => child.kill("SIGKILL"), startMsMax);
    try {
      for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
        const url = /listens on (\S+)/.exec(line)?.[1];
        if (url !== undefined) return new GreeterProcess(id, url, child);
      }
    } finally {
      clearTimeout(impatience);
    }
    throw new Error(`Cannot start ${id}: it ended`);
  }

  private constructor(id: string, url: string, child: ChildProcess) {
    this.id = id;
    this.url = url;
    this.#child = child;
    this.#closed = new Promise((resolve) => child.once("close", () => resolve()));
  }

  async be(state: "well" | "hanging" | "overloaded"): Promise<void> {
    const response = await fetch(`${this.url}/be/${state}`, { method: "POST" });
    if (!response.ok) throw new Error(`Cannot tell ${this.id} to be ${state}: it says ${response.status}`);
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGKILL");
    await this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

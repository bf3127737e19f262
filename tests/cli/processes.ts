import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { commandLine } from "../command_line.ts";
import { ownAddress } from "../own_host.ts";

/** A command that takes longer is killed, so that its test fails and does not hang. */
const commandTimeoutMs = 60_000;

/** The command line by the same runtime as the test. */
function start(args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const [program, ...before] = commandLine();
  return spawn(program, [...before, ...args], { env: { ...process.env, ...env } });
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export class Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  #stdout = "";
  #stderr = "";
  #look: () => void = () => {};

  constructor(
    args: readonly string[],
    options: { env?: Readonly<Record<string, string>>; input?: string | Uint8Array; endless?: boolean } = {},
  ) {
    this.child = start(args, options.env ?? {});
    const timeout = options.endless ? undefined : setTimeout(() => this.child.kill("SIGKILL"), commandTimeoutMs);
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
      this.#look();
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      this.#look();
    });
    this.finished = new Promise((resolve) => {
      this.child.once("close", (code) => {
        clearTimeout(timeout);
        this.#look();
        resolve({ code, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
    // A command that ends without reading its input closes the pipe.
    this.child.stdin?.on("error", () => {});
    if (options.input !== undefined) this.child.stdin?.end(options.input);
  }

  /** Sends a signal. Deno's `child.kill` would report it as the cause of the end, whatever the child made of it. */
  signal(name: "SIGINT" | "SIGTERM" | "SIGHUP"): void {
    process.kill(this.child.pid as number, name);
  }

  /** Resolves with what was printed once it matches; rejects when the command ends before. */
  async printed(pattern: RegExp): Promise<RegExpMatchArray> {
    for (;;) {
      const match = pattern.exec(this.#stdout) ?? pattern.exec(this.#stderr);
      if (match !== null) return match;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`It ended before it printed ${pattern}: ${this.#stdout}${this.#stderr}`);
      }
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
    }
  }
}

/** Runs a command to its end. */
export function run(
  args: readonly string[],
  options: ConstructorParameters<typeof Running>[1] = {},
): Promise<Finished> {
  return new Running(args, { input: "", ...options }).finished;
}

/** A node in a process of its own and a directory that goes with it. */
export class AgentProcess implements AsyncDisposable {
  readonly running: Running;
  readonly directory: string;
  rpcUrl = "";
  gossipAddress = "";

  private constructor(directory: string, args: readonly string[]) {
    this.directory = directory;
    const given = ["--bind", ownAddress, "--rpc-addr", ownAddress, "--data-dir", path.join(directory, "data")];
    const all = ["agent", "--profile", "local", "--log-level", "error", ...given, ...args];
    // Lives as long as its tests, however slow the machine is; the runner bounds those.
    this.running = new Running(all, { endless: true });
  }

  static async start(args: readonly string[] = []): Promise<AgentProcess> {
    const agent = new AgentProcess(mkdtempSync(path.join(os.tmpdir(), "grapevine-cli-")), args);
    await agent.running.printed(/^ready$/m);
    agent.rpcUrl = (await agent.running.printed(/^rpc +(\S+)$/m))[1] as string;
    agent.gossipAddress = (await agent.running.printed(/^gossip +(\S+)$/m))[1] as string;
    return agent;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.running.child.kill("SIGKILL");
    await this.running.finished;
    rmSync(this.directory, { recursive: true, force: true });
  }
}

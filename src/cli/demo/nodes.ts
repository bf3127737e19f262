import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";
import { connect } from "../../client/mod.ts";
import { CommandFailedError } from "../failure.ts";

const startTimeoutMs = 30_000;
const meetTimeoutMs = 30_000;
const stopTimeoutMs = 5_000;
/** The last lines of a node's log that are shown when it fails. */
const logLinesMax = 20;

/** A node in a process of its own. */
export interface DemoNode {
  readonly name: string;
  readonly rpcUrl: string;
  readonly gossipAddress: string;
}

interface RunningNode extends DemoNode {
  readonly process: ChildProcess;
  readonly exited: Promise<void>;
}

/** Real processes of this same program, on free ports, in directories that are removed afterwards. */
export class DemoNodes implements AsyncDisposable {
  readonly #directory: string;
  readonly #running = new Map<string, RunningNode>();
  readonly #removeOnExit = (): void => this.#destroy();

  private constructor(directory: string) {
    this.#directory = directory;
    // However this process ends, it leaves neither processes nor files behind.
    process.on("exit", this.#removeOnExit);
  }

  static async create(): Promise<DemoNodes> {
    return new DemoNodes(await mkdtemp(path.join(os.tmpdir(), "grapevine-demo-")));
  }

  /** Starts a node, or starts it again where it was. Resolves when it is ready. */
  async start(name: string, options: { join?: DemoNode | undefined; as?: DemoNode | undefined }): Promise<DemoNode> {
    const flags = {
      "--node-name": name,
      "--data-dir": path.join(this.#directory, name),
      "--bind": options.as?.gossipAddress ?? "127.0.0.1:0",
      "--rpc-addr": options.as === undefined ? "127.0.0.1:0" : new URL(options.as.rpcUrl).host,
      "--profile": "local",
      "--log-level": "warn",
      ...(options.join && { "--join": options.join.gossipAddress }),
    };
    const child = spawn(process.execPath, [...entry(), "agent", ...Object.entries(flags).flat()], {
      stdio: ["ignore", "pipe", "pipe"],
      env: environment(),
    });
    const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));
    const facts = await this.#factsOf(name, child);
    const node = { name, rpcUrl: facts["rpc"] ?? "", gossipAddress: facts["gossip"] ?? "", process: child, exited };
    this.#running.set(name, node);
    return node;
  }

  /** kill -9: the node gets no chance to say or write anything. */
  async kill(name: string): Promise<void> {
    const node = this.#running.get(name);
    if (node === undefined) return;
    node.process.kill("SIGKILL");
    await node.exited;
    this.#running.delete(name);
  }

  /** Resolves when every node sees every other alive. */
  async haveMet(nodes: readonly DemoNode[]): Promise<void> {
    const deadline = AbortSignal.timeout(meetTimeoutMs);
    for (const node of nodes) {
      await using client = connect(node.rpcUrl);
      for (;;) {
        const alive = (await client.members()).filter(({ status }) => status === "alive");
        if (alive.length === nodes.length) break;
        if (deadline.aborted) {
          throw new CommandFailedError(
            `Cannot go on: ${node.name} sees ${alive.length} of ${nodes.length} nodes alive`,
          );
        }
        await pause(100);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off("exit", this.#removeOnExit);
    const nodes = [...this.#running.values()];
    for (const node of nodes) node.process.kill("SIGTERM");
    await Promise.race([Promise.all(nodes.map((node) => node.exited)), pause(stopTimeoutMs)]);
    this.#destroy();
  }

  #destroy(): void {
    for (const node of this.#running.values()) node.process.kill("SIGKILL");
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 3 });
  }

  /** Reads what a node prints until it says that it is ready. */
  async #factsOf(name: string, child: ChildProcess): Promise<Record<string, string>> {
    const facts: Record<string, string> = {};
    const log: string[] = [];
    const kill = (): void => {
      child.kill("SIGKILL");
    };
    process.once("exit", kill);
    if (child.stdout === null || child.stderr === null) throw new CommandFailedError(`Cannot read what ${name} prints`);
    readline.createInterface(child.stderr).on("line", (line) => {
      log.push(line);
      if (log.length > logLinesMax) log.shift();
    });
    const timeout = setTimeout(kill, startTimeoutMs);
    try {
      for await (const line of readline.createInterface(child.stdout)) {
        if (line === "ready") return facts;
        const [fact, value] = line.split(/\s+/, 2);
        if (fact !== undefined && value !== undefined) facts[fact] = value;
      }
    } finally {
      clearTimeout(timeout);
      process.off("exit", kill);
      // What it prints later is of no interest, but its pipe must not fill up.
      child.stdout.resume();
    }
    throw new CommandFailedError(`Cannot start node ${name}: it ended before it was ready\n${log.join("\n")}`);
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** How this same program is started again by the same runtime. */
function entry(): string[] {
  const script = process.argv[1] as string;
  return "Deno" in globalThis ? ["run", "--allow-all", "--quiet", script] : [...process.execArgv, script];
}

/** The nodes must be as the demonstration says, whatever is set for others. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GRAPEVINE_")));
}

/** Nodes to measure: in this process, and in processes of their own. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";
import { fileURLToPath } from "node:url";
import { Agent } from "../mod.ts";
import { runtimeCommand } from "./runtime.ts";
import { endWithUs } from "./server_process.ts";

const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));

/** A node in a process of its own, run by the runtime that runs the benchmark. */
export interface NodeProcess {
  readonly rpcUrl: string;
  readonly gossipAddress: string;
}

/** Everything a benchmark starts, gone at its end. */
export class BenchNodes implements AsyncDisposable {
  readonly #directory: string;
  readonly #processes: ChildProcess[] = [];
  readonly #agents: Agent[] = [];
  #count = 0;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async create(): Promise<BenchNodes> {
    return new BenchNodes(await mkdtemp(path.join(os.tmpdir(), "grapevine-bench-")));
  }

  /** A node in this process. */
  async startHere(): Promise<Agent> {
    const dataDir = path.join(this.#directory, `node-${this.#count++}`);
    const agent = await Agent.start({ dataDir, bind: "127.0.0.1:0", rpcAddr: "127.0.0.1:0", profile: "local" });
    this.#agents.push(agent);
    return agent;
  }

  /** A node in its own process. */
  async startApart(join?: NodeProcess): Promise<NodeProcess> {
    const flags = ["--data-dir", path.join(this.#directory, `node-${this.#count++}`), "--bind", "127.0.0.1:0"];
    flags.push("--rpc-addr", "127.0.0.1:0", "--profile", "local", "--log-level", "error");
    if (join !== undefined) flags.push("--join", join.gossipAddress);
    const [command, ...rest] = [...runtimeCommand(), main, "agent", ...flags];
    const child = spawn(command as string, rest, { stdio: ["ignore", "pipe", "inherit"] });
    endWithUs(child);
    this.#processes.push(child);
    const facts = new Map<string, string>();
    for await (const line of readline.createInterface({ input: child.stdout })) {
      if (line === "ready") return { rpcUrl: facts.get("rpc") ?? "", gossipAddress: facts.get("gossip") ?? "" };
      const [word = "", value = ""] = line.split(/\s+/, 2);
      facts.set(word, value);
    }
    throw new Error("a node ended before it was ready");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const agent of this.#agents) await agent.close();
    for (const child of this.#processes) {
      const ended = new Promise((resolve) => child.once("close", resolve));
      child.kill("SIGKILL");
      await ended;
    }
    await rm(this.#directory, { recursive: true, force: true });
  }
}

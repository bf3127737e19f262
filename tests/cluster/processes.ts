/** Real nodes in processes of their own, on free ports of this machine, run by the runtime that runs the test. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";
import { fileURLToPath } from "node:url";
import { commandLine } from "../command_line.ts";
import type { Place } from "../interop/processes.ts";
import { ownAddress } from "../own_host.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const here: Place = { within: (command) => command };
const startMsMax = 30_000;
/** The last lines of a process's log, shown when it does not start. */
const logLinesMax = 40;

/** How this runtime runs a TypeScript file. */
export function runtimeCommand(): readonly string[] {
  if ("Deno" in globalThis) return [process.execPath, "run", "-A", "--quiet"];
  if ("Bun" in globalThis) return [process.execPath];
  return [process.execPath, "--import", "tsx"];
}

/** A running node. */
export class NodeProcess {
  readonly name: string;
  readonly rpcUrl: string;
  readonly gossipAddress: string;
  readonly #process: ChildProcess;
  readonly #exited: Promise<number | string>;

  constructor(name: string, facts: ReadonlyMap<string, string>, child: ChildProcess, exited: Promise<number | string>) {
    this.name = name;
    this.rpcUrl = facts.get("rpc") ?? "";
    this.gossipAddress = facts.get("gossip") ?? "";
    this.#process = child;
    this.#exited = exited;
  }

  /** Sends a signal that ends the process. Resolves with the exit code, or with what ended it. */
  async end(signal: "SIGINT" | "SIGTERM" | "SIGKILL"): Promise<number | string> {
    this.signal(signal);
    return this.#exited;
  }

  signal(signal: NodeJS.Signals): void {
    // By its id: Deno reports a child that its own `kill` was called on as ended by that signal, whatever it did.
    process.kill(this.#process.pid as number, signal);
  }
}

/** Nodes of one test and their data directories, all gone at its end. */
export class NodeProcesses implements AsyncDisposable {
  readonly directory: string;
  readonly #running = new Set<NodeProcess>();

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async create(): Promise<NodeProcesses> {
    return new NodeProcesses(await mkdtemp(path.join(os.tmpdir(), "grapevine-test-")));
  }

  /**
   * Starts a node, in a network namespace if one is given; one that ran before under this name finds its data again.
   * Resolves when it is ready.
   */
  async start(name: string, flags: Readonly<Record<string, string>> = {}, place: Place = here): Promise<NodeProcess> {
    const all = {
      "--node-name": name,
      "--data-dir": path.join(this.directory, name),
      "--bind": ownAddress,
      "--rpc-addr": ownAddress,
      "--profile": "local",
      "--log-level": "info",
      ...flags,
    };
    const words = place.within([...commandLine(), "agent", ...Object.entries(all).flat()]);
    const [command, ...rest] = words as [string, ...string[]];
    const child = spawn(command, rest, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    const exited = new Promise<number | string>((resolve) =>
      child.once("close", (code, signal) => resolve(code ?? `ended by ${signal}`)),
    );
    const node = new NodeProcess(name, await factsOf(name, child), child, exited);
    this.#running.add(node);
    void exited.then(() => this.#running.delete(node));
    return node;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running].map((node) => node.end("SIGKILL")));
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** What the process says before `ready`: `node`, `writer`, `gossip`, `rpc`. */
async function factsOf(name: string, child: ChildProcess): Promise<Map<string, string>> {
  const log: string[] = [];
  child.stderr?.on("data", (bytes: Uint8Array) => {
    log.push(String(bytes));
    log.splice(0, log.length - logLinesMax);
  });
  const facts = new Map<string, string>();
  const impatience = setTimeout(() => child.kill("SIGKILL"), startMsMax);
  try {
    for await (const line of readline.createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
      if (line === "ready") return facts;
      const [word = "", value = ""] = line.split(/\s+/, 2);
      facts.set(word, value);
    }
  } finally {
    clearTimeout(impatience);
  }
  throw new Error(`Node ${name} did not become ready:\n${log.join("")}`);
}

/** Waits until `check` says true, asking again every 20 ms. Throws after `timeoutMs`, naming what was waited for. */
export async function eventually(
  what: string,
  timeoutMs: number,
  check: () => Promise<boolean> | boolean,
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!(await check())) {
    if (performance.now() > deadlineMs) throw new Error(`Waited ${timeoutMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** One member of the mixed cluster over its several lives: a process of some kind, and a client that drives it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { freePort, ownHost } from "../../tests/own_host.ts";
import type { RuntimeName } from "../../tests/runner/directives.ts";
import { runtimeCommand } from "../../tests/runner/runtimes.ts";
import { AgentClient, type AgentEvent } from "./agent_client.ts";

/** An agent of Serf; a whole node of this project; or a node of its library. */
export type MemberKind = "serf" | `agent-${RuntimeName}` | `library-${RuntimeName}`;

export interface MemberSettings {
  readonly profile: string;
  /** Where files and logs of all members lie. */
  readonly directory: string;
  /** Hears everything that a member is told, with the life it was told in. */
  readonly onEvent: (member: MemberProcess, life: number, event: AgentEvent) => void;
  /** Hears of a member whose process ended by itself. */
  readonly onCrash: (member: MemberProcess) => void;
}

const root = fileURLToPath(new URL("../../", import.meta.url));
const startMsMax = 30_000;
const startAttemptsMax = 5;

export class MemberProcess {
  readonly name: string;
  readonly kind: MemberKind;
  /** How often it was started. */
  life = 0;
  address = "";
  readonly #settings: MemberSettings;
  #child: ChildProcess | undefined;
  #client: AgentClient | undefined;
  #isEnding = false;

  constructor(name: string, kind: MemberKind, settings: MemberSettings) {
    this.name = name;
    this.kind = kind;
    this.#settings = settings;
  }

  get logFile(): string {
    return path.join(this.#settings.directory, `${this.name}.log`);
  }

  /** Throws when it does not run. */
  get client(): AgentClient {
    if (this.#client === undefined) throw new Error(`Cannot ask ${this.name}: it does not run`);
    return this.#client;
  }

  /** Starts it, at the address of its last life unless `moves`. Resolves when it can be driven. */
  async start(options: { keys: readonly string[]; tags: ReadonlyMap<string, string>; moves: boolean }): Promise<void> {
    this.life++;
    await this.#provideKeys(options.keys);
    for (let attempt = 1; ; attempt++) {
      if (this.address === "" || options.moves) this.address = `${ownHost}:${await freePort(ownHost)}`;
      try {
        const rpcAddress = await this.#spawn(options.tags);
        this.#client = await AgentClient.connect(rpcAddress);
        break;
      } catch (error) {
        await this.kill();
        // Another process may have taken the port meanwhile; whoever had one before keeps it.
        if (attempt >= startAttemptsMax) throw error;
        if (this.life === 1) this.address = "";
      }
    }
    const { life } = this;
    await this.client.stream((event) => this.#settings.onEvent(this, life, event));
  }

  /** Kills it without a word. */
  async kill(): Promise<void> {
    const [child, client] = [this.#child, this.#client];
    this.#isEnding = true;
    this.#client = undefined;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const closed = once(child, "close");
      this.signal("SIGKILL");
      await closed;
    }
    await client?.[Symbol.asyncDispose]();
  }

  /** Lets it say goodbye and waits for its end. */
  async leave(): Promise<string> {
    const child = this.#child as ChildProcess;
    this.#isEnding = true;
    const closed = child.exitCode === null ? once(child, "close") : Promise.resolve();
    const error = await this.client.leave();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), startMsMax);
    });
    const ended = await Promise.race([closed, late]);
    clearTimeout(timer);
    await this.kill();
    return ended === "late" ? `it did not end within ${startMsMax} ms` : error === "closed" ? "" : error;
  }

  signal(signal: NodeJS.Signals): void {
    // By the process id: Deno's `kill` of a child delivers only the first signal.
    if (this.isRunning && this.#child?.pid !== undefined) process.kill(this.#child.pid, signal);
  }

  /** True while its process lives. */
  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Writes the keyring as a configuration would, unless the member itself keeps just these keys. */
  async #provideKeys(keys: readonly string[]): Promise<void> {
    const file = this.#file("keys");
    let kept = await readFile(file, "utf8").catch(() => "[]");
    // An agent of Serf writes in place, and leaves the file empty when it ends meanwhile.
    if (this.kind === "serf" && kept === "") kept = "[]";
    if (JSON.stringify(JSON.parse(kept)) !== JSON.stringify(keys)) await writeFile(file, JSON.stringify(keys));
  }

  #file(kind: string): string {
    return path.join(this.#settings.directory, `${this.name}.${kind}`);
  }

  /** Starts the process; resolves with the address of its RPC. */
  async #spawn(tags: ReadonlyMap<string, string>): Promise<string> {
    const rpcAddress = this.kind === "serf" ? `${ownHost}:${await freePort(ownHost)}` : "";
    const [command, ...words] = this.#commandLine(tags, rpcAddress);
    const child = spawn(command as string, words, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    this.#isEnding = false;
    const log = (line: string): void => appendFileSync(this.logFile, `${line}\n`);
    log(`--- life ${this.life} at ${this.address}, ${new Date().toISOString()}`);
    createInterface({ input: child.stderr as NodeJS.ReadableStream }).on("line", log);
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`Cannot start ${this.name}: ${why}; see ${this.logFile}`));
      const timer = setTimeout(() => fail(`${startMsMax} ms are over`), startMsMax);
      child.once("error", (error) => fail(error.message));
      child.once("close", () => {
        clearTimeout(timer);
        fail("it ended");
        if (!this.#isEnding && this.#client !== undefined) this.#settings.onCrash(this);
      });
      createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
        log(line);
        const ours = /^serf +(\S+)$/.exec(line)?.[1];
        const theirs = line.includes("Serf agent running!") ? rpcAddress : undefined;
        const ready = this.kind === "serf" ? theirs : ours;
        if (ready === undefined) return;
        clearTimeout(timer);
        resolve(ready);
      });
    });
  }

  #commandLine(tags: ReadonlyMap<string, string>, rpcAddress: string): string[] {
    const { name, kind, address } = this;
    const { profile } = this.#settings;
    const keyring = this.#file("keys");
    const pairs = [...tags].map(([tag, value]) => `${tag}=${value}`);
    if (kind === "serf") {
      const flags = ["-node", name, "-bind", address, "-rpc-addr", rpcAddress, "-profile", profile];
      const more = ["-keyring-file", keyring, "-log-level", "debug", ...pairs.flatMap((pair) => ["-tag", pair])];
      return ["serf", "agent", ...flags, ...more];
    }
    const [what, runtime] = kind.split("-") as ["agent" | "library", RuntimeName];
    const command = runtimeCommand(runtime, root);
    if (what === "library") {
      const options = { name, bind: address, profile, keyringFile: keyring, tags: Object.fromEntries(tags) };
      return [...command, path.join(root, "scripts/churn/library_node.ts"), JSON.stringify(options)];
    }
    const flags = ["--node-name", name, "--bind", address, "--rpc-addr", "127.0.0.1:0", "--profile", profile];
    const more = ["--data-dir", this.#file("data"), "--keyring-file", keyring, "--serf-rpc-addr", "127.0.0.1:0"];
    const all = [...flags, ...more, "--fsync", "never", ...pairs.flatMap((pair) => ["--tag", pair])];
    return [...command, path.join(root, "src/cli/main.ts"), "agent", ...all];
  }
}

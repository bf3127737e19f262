/** Real processes for tests: `serf` agents and nodes of this project. All that a test started ends with it. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { MembershipNodeOptions, PeerHealth } from "../../src/agent/membership.ts";
import { freePort, ownAddress, ownHost } from "../own_host.ts";

export interface SerfMember {
  readonly name: string;
  readonly addr: string;
  readonly tags: { readonly [key: string]: string };
  readonly status: string;
  readonly protocol: { readonly version: number };
}

const startAttemptsMax = 5;

/** How a file that imports the others says that nobody is to compress what it sends. */
export const compressionVariable = "INTEROP_COMPRESSION";

/** Whether agents and nodes compress, as they do by default. */
export function isCompressed(): boolean {
  return process.env[compressionVariable] !== "off";
}

/** Where processes run: a network namespace, or nowhere in particular. */
export interface Place {
  /** The command that runs the given one there. */
  within(command: readonly string[]): readonly string[];
}

export interface SerfAgentOptions {
  readonly flags?: readonly string[];
  readonly host?: string;
  readonly profile?: "lan" | "wan" | "local";
  readonly place?: Place;
}

/** Ends what it started, in reverse order, also when a test throws. */
export class Processes implements AsyncDisposable {
  readonly #children: ChildProcess[] = [];

  /** Starts a `serf agent` on free ports of this test's host, or of the one given, with the numbers of one machine. */
  async serf(name: string, options: SerfAgentOptions = {}): Promise<SerfAgent> {
    const { host = ownHost, profile = "local", place = here, flags: more = [] } = options;
    // An address of another place is not ours to try: there nobody else takes ports.
    const portHost = place === here ? host : ownHost;
    for (let attempt = 1; ; attempt++) {
      const [port, rpcPort] = [await freePort(portHost), await freePort(ownHost)];
      const bind = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
      const rpc = `${ownHost}:${rpcPort}`;
      const flags = ["-node", name, "-bind", bind, "-rpc-addr", rpc, "-log-level", "debug", "-profile", profile];
      if (!isCompressed()) flags.push("-disable-compression");
      const child = this.spawn(place.within(["serf", "agent", ...flags, ...more]));
      const agent = new SerfAgent(child, { address: bind, rpc, place });
      try {
        await until(`${name} runs`, () => agent.log.includes("Serf agent running!") || child.exitCode !== null);
        if (child.exitCode === null) return agent;
      } catch (error) {
        if (attempt >= startAttemptsMax) throw error;
      }
      // Another process took the port between our look and the agent's bind.
      if (attempt >= startAttemptsMax) throw new Error(`Cannot start serf: it says ${agent.log}`);
    }
  }

  /** Starts a node of this project, by the runtime that runs the test. */
  async node(options: MembershipNodeOptions, place: Place = here): Promise<NodeProcess> {
    const words = scriptCommand("./node_process.ts", [JSON.stringify(ourOptions(options))]);
    const node = new NodeProcess(this.spawn(place.within(words)));
    await until("our node runs", () => node.lines.some((line) => "ready" in line) || node.hasEnded);
    if (node.hasEnded) throw new Error(`Cannot start our node: it says ${node.errors}`);
    return node;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((resolve) => child.once("close", resolve));
      signalTo(child, "SIGKILL");
      await ended;
    }
  }

  /** Starts any command. */
  spawn(command: readonly string[]): ChildProcess {
    const [program, ...flags] = command as [string, ...string[]];
    const child = spawn(program, flags, { stdio: ["pipe", "pipe", "pipe"] });
    this.#children.push(child);
    return child;
  }
}

/** The command that runs a script of this directory by the runtime that runs the test. */
export function scriptCommand(file: string, words: readonly string[]): string[] {
  const flags = "Deno" in globalThis ? ["run", "-A", "--quiet"] : "Bun" in globalThis ? [] : ["--import", "tsx"];
  return [process.execPath, ...flags, fileURLToPath(new URL(file, import.meta.url)), ...words];
}

const here: Place = { within: (command) => command };

/** What nodes of ours are started with in these tests, where nothing else is said. */
export function ourOptions(options: MembershipNodeOptions = {}): MembershipNodeOptions {
  return { name: "ours", bind: ownAddress, profile: "local", compress: isCompressed(), ...options };
}

export class SerfAgent {
  readonly address: string;
  /** Of its RPC, for the `serf` command line. */
  readonly rpc: string;
  log = "";
  readonly #child: ChildProcess;
  readonly #place: Place;

  constructor(child: ChildProcess, where: { readonly address: string; readonly rpc: string; readonly place: Place }) {
    this.#child = child;
    this.address = where.address;
    this.rpc = where.rpc;
    this.#place = where.place;
    const take = (bytes: Uint8Array): void => {
      this.log += String(bytes);
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", take);
  }

  /** Runs a `serf` command against this agent; resolves with what it prints. */
  command(...words: readonly string[]): Promise<string> {
    const [name, ...rest] = words as [string, ...string[]];
    const [program, ...flags] = this.#place.within(["serf", name, `-rpc-addr=${this.rpc}`, ...rest]);
    return new Promise((resolve, reject) => {
      execFile(program as string, flags, { timeout: 20_000 }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`Cannot run serf ${words.join(" ")}: ${error.message} ${stdout} ${stderr}`));
      });
    });
  }

  async members(): Promise<SerfMember[]> {
    return (JSON.parse(await this.command("members", "-format=json")) as { members: SerfMember[] }).members;
  }

  async member(name: string): Promise<SerfMember | undefined> {
    return (await this.members()).find((member) => member.name === name);
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Lines of its log that match. */
  said(pattern: RegExp): string[] {
    return this.log.split("\n").filter((line) => pattern.test(line));
  }

  signal(signal: NodeJS.Signals): void {
    signalTo(this.#child, signal);
  }
}

export interface NodeLine {
  readonly ready?: number;
  readonly event?: string;
  readonly member?: { readonly name: string; readonly status: string; readonly tags: { [key: string]: string } };
  readonly members?: readonly { readonly name: string; readonly status: string; tags: { [key: string]: string } }[];
  readonly counters?: NodeCounters;
  readonly health?: readonly PeerHealth[];
  readonly left?: boolean;
  readonly warning?: string;
}

/** Counts of a node in its process. */
export interface NodeCounters {
  readonly packetsReceived: number;
  readonly streamsAccepted: number;
  /** By reason. */
  readonly dropped: { readonly [reason: string]: number };
  /** Of Serf's messages. */
  readonly malformed: number;
  readonly residentBytes: number;
}

export class NodeProcess {
  readonly lines: NodeLine[] = [];
  errors = "";
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
    let rest = "";
    child.stdout?.on("data", (bytes: Uint8Array) => {
      const parts = (rest + String(bytes)).split("\n");
      rest = parts.pop() ?? "";
      for (const part of parts) this.lines.push(JSON.parse(part) as NodeLine);
    });
    child.stderr?.on("data", (bytes: Uint8Array) => {
      this.errors += String(bytes);
    });
  }

  get port(): number {
    const line = this.lines.find((entry) => entry.ready !== undefined);
    if (line?.ready === undefined) throw new Error(`Cannot read the port: the node says ${this.errors}`);
    return line.ready;
  }

  /** Names of members that this event was about. */
  saw(event: string): string[] {
    return this.lines.flatMap((line) => (line.event === event && line.member !== undefined ? [line.member.name] : []));
  }

  async member(name: string): Promise<{ status: string; tags: { [key: string]: string } } | undefined> {
    return (await this.members()).find((member) => member.name === name);
  }

  members(): Promise<NonNullable<NodeLine["members"]>> {
    return this.#ask("members", (line) => line.members);
  }

  /** What it sees of the ways to its peers. */
  health(): Promise<readonly PeerHealth[]> {
    return this.#ask("health", (line) => line.health);
  }

  counters(): Promise<NodeCounters> {
    return this.#ask("counters", (line) => line.counters);
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async #ask<T>(command: string, find: (line: NodeLine) => T | undefined): Promise<T> {
    const before = this.lines.length;
    this.tell(command);
    let answer: T | undefined;
    await until(`our node answers ${command}`, () => {
      answer = this.lines
        .slice(before)
        .map(find)
        .find((found) => found !== undefined);
      return answer !== undefined;
    });
    return answer as T;
  }

  tell(command: string): void {
    this.#child.stdin?.write(`${command}\n`);
  }

  signal(signal: NodeJS.Signals): void {
    signalTo(this.#child, signal);
  }
}

/** By the process id: Deno's `kill` of a child delivers only the first signal. */
function signalTo(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(child.pid, signal);
}

/**
 * What news may take to arrive when every datagram with it is lost: until the next exchange of states, and then some.
 * An agent has its first after a random part of its interval and a whole one, so after up to 60 s with LAN's numbers.
 */
const newsMsMax = 75_000;

/** Looks again and again until it is so; fails with what was awaited after `withinMs`. */
export async function until(what: string, isSo: () => unknown, withinMs = newsMsMax): Promise<void> {
  const deadlineMs = Date.now() + withinMs;
  while (!(await isSo())) {
    if (Date.now() > deadlineMs) throw new Error(`Cannot see that ${what}: ${withinMs} ms are over`);
    await observe(100);
  }
}

/** Lets real processes live for a while, where what must not happen needs its chance to. */
export function observe(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

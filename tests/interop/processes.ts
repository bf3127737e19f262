/** Real processes for tests: `serf` agents and nodes of this project. All that a test started ends with it. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

export interface SerfMember {
  readonly name: string;
  readonly addr: string;
  readonly tags: { readonly [key: string]: string };
  readonly status: string;
  readonly protocol: { readonly version: number };
}

const startAttemptsMax = 5;

/** Ends what it started, in reverse order, also when a test throws. */
export class Processes implements AsyncDisposable {
  readonly #children: ChildProcess[] = [];

  /** Starts a `serf agent` on free ports of 127.0.0.1, or of the host given. */
  async serf(name: string, options: { flags?: readonly string[]; host?: string } = {}): Promise<SerfAgent> {
    const host = options.host ?? "127.0.0.1";
    for (let attempt = 1; ; attempt++) {
      const [port, rpcPort] = [await freePort(host), await freePort("127.0.0.1")];
      const bind = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
      const rpc = `127.0.0.1:${rpcPort}`;
      const flags = ["agent", "-node", name, "-bind", bind, "-rpc-addr", rpc, "-log-level", "debug"];
      const child = this.#spawn("serf", [...flags, ...(options.flags ?? [])]);
      const agent = new SerfAgent(child, bind, rpc);
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
  async node(options: object): Promise<NodeProcess> {
    const script = fileURLToPath(new URL("./node_process.ts", import.meta.url));
    const flags = "Deno" in globalThis ? ["run", "-A", "--quiet"] : "Bun" in globalThis ? [] : ["--import", "tsx"];
    const bind = { bind: "127.0.0.1:0", ...options };
    const node = new NodeProcess(this.#spawn(process.execPath, [...flags, script, JSON.stringify(bind)]));
    await until("our node runs", () => node.lines.some((line) => "ready" in line));
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

  #spawn(command: string, flags: readonly string[]): ChildProcess {
    const child = spawn(command, flags, { stdio: ["pipe", "pipe", "pipe"] });
    this.#children.push(child);
    return child;
  }
}

export class SerfAgent {
  readonly address: string;
  log = "";
  readonly #child: ChildProcess;
  readonly #rpc: string;

  constructor(child: ChildProcess, address: string, rpc: string) {
    this.#child = child;
    this.address = address;
    this.#rpc = rpc;
    const take = (bytes: Uint8Array): void => {
      this.log += String(bytes);
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", take);
  }

  /** Runs a `serf` command against this agent; resolves with what it prints. */
  command(...words: readonly string[]): Promise<string> {
    const [name, ...rest] = words as [string, ...string[]];
    return new Promise((resolve, reject) => {
      execFile("serf", [name, `-rpc-addr=${this.#rpc}`, ...rest], { timeout: 20_000 }, (error, stdout, stderr) => {
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

  signal(signal: NodeJS.Signals): void {
    signalTo(this.#child, signal);
  }
}

export interface NodeLine {
  readonly ready?: number;
  readonly event?: string;
  readonly member?: { readonly name: string; readonly status: string; readonly tags: { [key: string]: string } };
  readonly members?: readonly { readonly name: string; readonly status: string; tags: { [key: string]: string } }[];
  readonly left?: boolean;
  readonly warning?: string;
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
    const before = this.lines.length;
    this.tell("members");
    await until("our node lists members", () => this.lines.slice(before).some((line) => line.members !== undefined));
    const list = this.lines.slice(before).find((line) => line.members !== undefined)?.members;
    return list?.find((member) => member.name === name);
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

/** Looks again and again until it is so; fails with what was awaited after `withinMs`. */
export async function until(what: string, isSo: () => unknown, withinMs = 15_000): Promise<void> {
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

function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, host, () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

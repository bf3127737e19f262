/** A server under measurement, in a process of its own, and what it costs. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import net from "node:net";
import readline from "node:readline";

/** The kernel counts the time of processes in these. */
const ticksPerSecond = 100;

/** How long a server may take to start, in milliseconds. */
const startMsMax = 20_000;

/** What a process has used so far. */
export interface Usage {
  /** User and system time, in milliseconds. */
  readonly cpuMs: number;
  /** How much of that is system time. */
  readonly kernelMs: number;
  /** The most memory that it ever held, in bytes. */
  readonly residentBytesMax: number;
}

export class ServerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
    endWithUs(child);
  }

  /** Starts a program and waits until it listens on a port of the loopback interface. */
  static async listening(command: string, flags: readonly string[], port: number): Promise<ServerProcess> {
    const server = new ServerProcess(spawn(command, flags, { stdio: "ignore" }));
    const giveUpAtMs = performance.now() + startMsMax;
    while (!(await accepts(port))) {
      if (performance.now() > giveUpAtMs || server.#child.exitCode !== null) {
        await server[Symbol.asyncDispose]();
        throw new Error(`Cannot start ${command}: nothing listens on port ${port}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return server;
  }

  /** Starts a program that prints a word and a value a line, then `ready`. */
  static async announcing(
    command: string,
    flags: readonly string[],
  ): Promise<{ readonly server: ServerProcess; readonly facts: ReadonlyMap<string, string> }> {
    const child = spawn(command, flags, { stdio: ["ignore", "pipe", "inherit"] });
    const server = new ServerProcess(child);
    const facts = new Map<string, string>();
    for await (const line of readline.createInterface({ input: child.stdout })) {
      if (line === "ready") return { server, facts };
      const [word = "", value = ""] = line.split(/\s+/, 2);
      facts.set(word, value);
    }
    await server[Symbol.asyncDispose]();
    throw new Error(`Cannot start ${command}: it ended before it was ready`);
  }

  usage(): Promise<Usage> {
    return usageOf(this.#child.pid as number);
  }

  /** From here on the peak of memory is counted anew. */
  async forgetPeak(): Promise<void> {
    await writeFile(`/proc/${this.#child.pid}/clear_refs`, "5");
  }

  /** Ends the process and waits until it is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.kill("SIGKILL");
    await ended;
  }
}

const running = new Set<ChildProcess>();

/** When this process ends early, because it is told to or fails, its servers do, too. */
export function endWithUs(child: ChildProcess): void {
  // Before the listener that removes their files.
  if (running.size === 0) process.prependListener("exit", endAll);
  running.add(child);
  child.once("close", () => {
    running.delete(child);
    if (running.size === 0) process.removeListener("exit", endAll);
  });
}

function endAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** What the kernel says of a process. */
export async function usageOf(pid: number): Promise<Usage> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // The program's name is in parentheses and may hold spaces; counting starts behind it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const kibibytes = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0);
  const [userMs, kernelMs] = [Number(fields[11]), Number(fields[12])].map((ticks) => (ticks * 1_000) / ticksPerSecond);
  return {
    cpuMs: (userMs as number) + (kernelMs as number),
    kernelMs: kernelMs as number,
    residentBytesMax: kibibytes * 1_024,
  };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    const finish = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => finish(true));
    socket.once("error", () => finish(false));
  });
}

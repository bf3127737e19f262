/**
 * A node in a process of its own that says what it takes up. Prints its addresses as a line of JSON; then answers each line,
 * a `SoakQuestion`, with a `Taken`, after it let go of all that nobody holds.
 */
import { readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import v8 from "node:v8";
import { Agent } from "../../src/agent/mod.ts";
import { AnsweredCall } from "./answered_call.ts";

export interface SoakNodeArguments {
  readonly dataDir: string;
  /** Keeps an object of each call, as a leak would. */
  readonly leaks: boolean;
}

export interface SoakNodeFacts {
  readonly rpcUrl: string;
  /** `host:port` */
  readonly dnsAddress: string;
}

export interface SoakQuestion {
  /** A file to write a snapshot of the heap to, once the rest was looked at. */
  readonly snapshotFile?: string | undefined;
}

/** What a process takes up while nobody asks anything of it. */
export interface Taken {
  readonly residentBytes: number;
  /** With the contents of byte arrays. */
  readonly heapBytes: number;
  readonly sockets: number;
  readonly files: number;
  /** Timers, sockets, watchers that keep the process running; undefined where the runtime does not tell. */
  readonly handles: number | undefined;
}

interface BunRuntime {
  gc(force: boolean): void;
  generateHeapSnapshot(format: "v8"): string;
}

const { Bun, gc } = globalThis as { Bun?: BunRuntime; gc?: () => void };

/** Collections until what finalizers hold is gone, too. */
const collections = 3;

async function collect(): Promise<void> {
  for (let round = 0; round < collections; round++) {
    Bun?.gc(true);
    gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What the descriptors of this process lead to. */
function descriptors(): string[] {
  return readdirSync("/proc/self/fd").flatMap((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      // The one that reads the directory is gone by now.
      return [];
    }
  });
}

/** Bun counts the contents of byte arrays as part of its heap, Node beside it. */
function heapBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return Bun === undefined ? heapUsed + external : heapUsed;
}

async function taken(): Promise<Taken> {
  await collect();
  const open = descriptors();
  const handles = process.getActiveResourcesInfo?.().length;
  return {
    residentBytes: process.memoryUsage.rss(),
    heapBytes: heapBytes(),
    sockets: open.filter((target) => target.startsWith("socket:")).length,
    files: open.filter((target) => target.startsWith("/")).length,
    handles: handles === 0 ? undefined : handles,
  };
}

/** In V8's form, which Bun writes as well. */
function writeSnapshot(file: string): void {
  if (Bun === undefined) v8.writeHeapSnapshot(file);
  else writeFileSync(file, Bun.generateHeapSnapshot("v8"));
}

const { dataDir, leaks } = JSON.parse(process.argv[2] ?? "{}") as SoakNodeArguments;
const local = "127.0.0.1:0";
const agent = await Agent.start({
  ...{ nodeName: "soaked", dataDir, bind: local, rpcAddr: local, dnsAddr: local, profile: "local" },
  // What a topic keeps in memory of its newest records goes with its segments: small ones keep it from coming and going.
  segmentBytesMax: 131_072,
  // It would empty the newest records of `_services` and `_topics`, which take longer than a soak to fill again.
  compactionBytesPerSecond: 0,
});
if (leaks) AnsweredCall.keepAll();
const facts: SoakNodeFacts = { rpcUrl: `http://${agent.rpcAddress}`, dnsAddress: agent.dnsAddress ?? "" };
console.log(JSON.stringify(facts));
for await (const line of createInterface({ input: process.stdin })) {
  const { snapshotFile } = JSON.parse(line) as SoakQuestion;
  const answer = await taken();
  if (snapshotFile !== undefined) writeSnapshot(snapshotFile);
  console.log(JSON.stringify(answer));
}
await agent[Symbol.asyncDispose]();
process.exit(0);

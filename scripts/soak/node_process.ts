/**
 * A node in a process of its own that says what it takes up. Prints its addresses as a line of JSON; then answers each line
 * with a `Taken`, after it let go of all that nobody holds.
 */
import { readdirSync, readlinkSync } from "node:fs";
import { createInterface } from "node:readline";
import { Agent } from "../../src/agent/mod.ts";

export interface SoakNodeArguments {
  readonly dataDir: string;
}

export interface SoakNodeFacts {
  readonly rpcUrl: string;
  /** `host:port` */
  readonly dnsAddress: string;
}

/** What a process takes up while nobody asks anything of it. */
export interface Taken {
  readonly residentBytes: number;
  readonly heapBytes: number;
  readonly sockets: number;
  readonly files: number;
  /** Timers, sockets, watchers that keep the process running; undefined where the runtime does not tell. */
  readonly handles: number | undefined;
}

/** Collections until what finalizers hold is gone, too. */
const collections = 3;

async function collect(): Promise<void> {
  const { Bun, gc } = globalThis as { Bun?: { gc(force: boolean): void }; gc?: () => void };
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

async function taken(): Promise<Taken> {
  await collect();
  const open = descriptors();
  const { rss, heapUsed } = process.memoryUsage();
  const handles = process.getActiveResourcesInfo?.().length;
  return {
    residentBytes: rss,
    heapBytes: heapUsed,
    sockets: open.filter((target) => target.startsWith("socket:")).length,
    files: open.filter((target) => target.startsWith("/")).length,
    handles: handles === 0 ? undefined : handles,
  };
}

const { dataDir } = JSON.parse(process.argv[2] ?? "{}") as SoakNodeArguments;
const local = "127.0.0.1:0";
const agent = await Agent.start({
  ...{ nodeName: "soaked", dataDir, bind: local, rpcAddr: local, dnsAddr: local, profile: "local" },
  segmentBytesMax: 1_048_576,
});
const facts: SoakNodeFacts = { rpcUrl: `http://${agent.rpcAddress}`, dnsAddress: agent.dnsAddress ?? "" };
console.log(JSON.stringify(facts));
for await (const _ of createInterface({ input: process.stdin })) console.log(JSON.stringify(await taken()));
await agent[Symbol.asyncDispose]();
process.exit(0);

/**
 * One node of `stall.ts`, in a process of its own. Its argument is a `StallNodeArguments` in JSON. It prints its address,
 * then, at the end of its input, a `StallNodeReport`.
 */
import { Socket } from "node:dgram";
import { type GossipSettings, MembershipNode, type Profile } from "../src/agent/membership.ts";
import { Random } from "../src/base/mod.ts";

/** When the event loop of a node is held up. */
export interface StallPattern {
  /** How long each stall lasts. */
  readonly stallMs: number;
  /** One stall begins in each span of this length, at a moment of its own in the first half of what is free in it. */
  readonly everyMs: number;
  /** Whether it waits for a datagram to be sent, so that the answer to a ping always comes during the stall. */
  readonly afterSending: boolean;
  readonly seed: string;
}

export interface StallNodeArguments {
  readonly name: string;
  readonly join: readonly string[];
  readonly profile: Profile;
  readonly settings: Partial<GossipSettings>;
  readonly forgivesStalls: boolean;
  /** None for a node that runs undisturbed. */
  readonly stalls?: StallPattern | undefined;
}

export interface StallNodeReport {
  readonly name: string;
  /** Members that this node saw failed, in order: each is a false failure, for all live. */
  readonly failures: readonly string[];
  /** Suspicions that its own probes raised. */
  readonly suspicionsRaised: number;
  /** Times that it held somebody for a suspect, raised here or heard of. */
  readonly suspicionsHeld: number;
  /** Times that it contradicted what was said of it. */
  readonly refutations: number;
  readonly healthWorst: number;
  readonly healthMean: number;
  /** What the node itself counted. */
  readonly stalledMs: number;
  /** How many stalls were made. */
  readonly stalls: number;
  readonly membersAlive: number;
}

const healthSampleMs = 250;

/** Holds the event loop up, as a long computation or a collection of garbage does; without their heat. */
function holdUp(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}

/** Stalls once in each span, for ever. Returns how many stalls there were so far. */
function stallAgainAndAgain({ stallMs, everyMs, afterSending, seed }: StallPattern): () => number {
  const random = new Random(seed);
  let count = 0;
  let spanAtMs = performance.now();
  let isDue = false;
  const stall = (): void => {
    isDue = false;
    holdUp(stallMs);
    count++;
  };
  const plan = (): void => {
    const atMs = spanAtMs + random.below(Math.max(1, (everyMs - stallMs) / 2));
    spanAtMs += everyMs;
    setTimeout(
      () => {
        if (afterSending) isDue = true;
        else stall();
        plan();
      },
      Math.max(0, atMs - performance.now()),
    );
  };
  const { send } = Socket.prototype;
  Socket.prototype.send = function sendAndStall(this: Socket, ...words: unknown[]): void {
    Reflect.apply(send, this, words);
    if (isDue) stall();
  };
  plan();
  return () => count;
}

async function main(): Promise<void> {
  const { name, join, profile, settings, forgivesStalls, stalls } = JSON.parse(process.argv[2] ?? "{}");
  const failures: string[] = [];
  const node = await MembershipNode.start({
    ...({ name, join, profile, settings, forgivesStalls } satisfies StallNodeArguments),
    bind: "127.0.0.1:0",
    onEvent: ({ type, member }) => {
      if (type === "member-failed") failures.push(member.name);
    },
    onWarn: (message) => console.error(`${name}: ${message}`),
  });
  const samples = { count: 0, sum: 0, worst: 0 };
  setInterval(() => {
    const { health } = node.counters;
    samples.count++;
    samples.sum += health;
    samples.worst = Math.max(samples.worst, health);
  }, healthSampleMs);
  const stallsMade = stalls === undefined ? () => 0 : stallAgainAndAgain(stalls);
  console.log(`${node.address.host}:${node.address.port}`);

  process.stdin.on("end", () => {
    const { gossip } = node.counters;
    const report: StallNodeReport = {
      name,
      failures,
      suspicionsRaised: gossip.probesFailed,
      suspicionsHeld: gossip.suspicions,
      refutations: gossip.refutations,
      healthWorst: samples.worst,
      healthMean: samples.sum / Math.max(1, samples.count),
      stalledMs: gossip.stalledMs,
      stalls: stallsMade(),
      membersAlive: node.members().filter(({ status }) => status === "alive").length,
    };
    process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
  });
  process.stdin.resume();
}

await main();

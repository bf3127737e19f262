// runtimes: bun (what is refused is decided by code that all runtimes share; here it meets real calls)
// timeout: 60
/** Servers that lie, over real RPC: a node that follows them takes nothing wrong, and all from who is honest. */
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ConnectRouter } from "@connectrpc/connect";
import { getLogger } from "@logtape/logtape";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Replication } from "../../src/agent/replication.ts";
import { chainStart, DisposalStack, placeFrame, Random, stampBatch, writerToNumber } from "../../src/base/mod.ts";
import {
  Replication as ReplicationService,
  type WatchResponseSchema,
} from "../../src/gen/grapevine/v1/replication_pb.ts";
import { fastCrc32 } from "../../src/io/checksum.ts";
import { systemClock } from "../../src/io/clock.ts";
import { openDirectory } from "../../src/io/disk.ts";
import { randomBytes } from "../../src/io/host.ts";
import { PeerRpc } from "../../src/io/peer_rpc.ts";
import { startServer } from "../../src/io/rpc_server.ts";
import { Log } from "../../src/log/mod.ts";
import { createHttpSide, routerOptions } from "../../src/server/mod.ts";
import { eventually } from "../cluster/processes.ts";
import { frameOf, textsOf } from "../log/log_kit.ts";

const honestWriter = "00000000000000bb";
const liarWriter = "00000000000000aa";

/** A feed of ten records. */
function feedOf(writer: string, word: string): Uint8Array {
  let previousChain = chainStart;
  const frames = Array.from({ length: 10 }, (_, index) => {
    const frame = frameOf([`${word} ${index}`]);
    const stamp = { writer, baseSequence: index + 1, previousChain, lamport: index + 1, generation: 1 };
    previousChain = stampBatch(frame, stamp);
    placeFrame(frame, { baseOffset: 0, durableBefore: 0 });
    return frame;
  });
  return new Uint8Array(frames.flatMap((frame) => [...frame]));
}

type Answer = (signal: AbortSignal) => AsyncGenerator<{ frames: Uint8Array }>;

/** A server that says it is this writer, shows this much, and answers pulls as it likes. Returns its address. */
async function serve(
  stack: DisposalStack,
  server: { readonly writer: string; readonly shows: number; readonly notices?: number; readonly answer: Answer },
): Promise<string> {
  const writer = writerToNumber(server.writer);
  const routes = (router: ConnectRouter): void => {
    router.service(ReplicationService, {
      async *watch(_request, { signal }): AsyncGenerator<MessageInitShape<typeof WatchResponseSchema>> {
        yield { message: { case: "hello", value: { node: "x", writer, version: 1 } } };
        for (let round = 0; round < (server.notices ?? 1); round++) {
          const durable = [{ writer, sequence: BigInt(server.shows + round) }];
          yield { message: { case: "notice", value: { topic: "t", generation: 1, durable } } };
        }
        yield { message: { case: "heartbeat", value: {} } };
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
      pull: (_request, { signal }) => server.answer(signal),
    });
  };
  const http = createHttpSide({ notReadyReason: () => undefined });
  const host = "127.0.0.1";
  const { port, close } = await startServer({ host, port: 0, routes, routerOptions, hotMethods: [], http }).then(
    (open) => ({
      port: open.port,
      close: () => open.close(0),
    }),
  );
  stack.defer(close);
  return `${host}:${port}`;
}

const lies: Readonly<Record<string, { readonly notices?: number; readonly answer: Answer }>> = {
  "says nothing": {
    async *answer(signal) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  },
  "never ends": {
    async *answer(signal) {
      while (!signal.aborted) yield { frames: new Uint8Array(200_000) };
    },
  },
  "gives nothing of what it shows, in a thousand notices": {
    notices: 1_000,
    async *answer() {
      yield { frames: new Uint8Array(0) };
    },
  },
  "cuts off what it gives": {
    async *answer() {
      yield { frames: feedOf(liarWriter, "lie").subarray(0, 100) };
    },
  },
};

for (const [name, lie] of Object.entries(lies)) {
  test(`a server that ${name} holds nobody up, and nothing of it is taken`, async () => {
    await using stack = new DisposalStack();
    const directory = await mkdtemp(path.join(os.tmpdir(), "grapevine-lying-"));
    stack.defer(() => rm(directory, { recursive: true }));
    const after = (delayMs: number, callback: () => void) =>
      systemClock.schedule(systemClock.nowMs() + delayMs, callback);
    const environment = { randomBytes, wallMs: systemClock.wallMs, after };
    const log = stack.use(
      await Log.open(stack.use(await openDirectory(directory)), { checksum: fastCrc32 }, environment),
    );
    await log.openTopic("t");
    const liar = await serve(stack, { writer: liarWriter, shows: 500, ...lie });
    const truths = feedOf(honestWriter, "truth");
    const honest = await serve(stack, {
      ...{ writer: honestWriter, shows: 10 },
      async *answer() {
        yield { frames: truths };
      },
    });
    const rpc = stack.use(new PeerRpc());
    const random = new Random(1);
    const clock = systemClock;
    const logger = getLogger(["test"]);
    const replication = stack.use(new Replication({ nodeName: "us", log, rpc, clock, random, logger }));
    replication.follow({ name: "liar", rpcAddress: liar, writer: liarWriter });
    replication.follow({ name: "honest", rpcAddress: honest, writer: honestWriter });
    await eventually("the honest peer's records are here", 20_000, () => log.topic("t")?.have.get(honestWriter) === 10);
    const topic = log.topic("t");
    assert.ok(topic);
    assert.equal(
      await textsOf(topic),
      Array.from({ length: 10 }, (_, index) => `truth ${index}`),
    );
    assert.is(topic.stoppedFeeds.size, 0);
    const { pullsEnded, pullsFailed } = replication.counters;
    assert.ok(pullsEnded + pullsFailed < 100, `${pullsEnded + pullsFailed} pulls`);
  });
}

test.run();

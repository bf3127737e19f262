// runtimes: bun (pages run in browsers: what differs between the runtimes is not in their way)
import { create } from "@bufbuild/protobuf";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FrameBuilder, toBytes } from "../../src/base/mod.ts";
import { connect } from "../../src/client/browser.ts";
import type { ClientClock } from "../../src/client/client_clock.ts";
import { StreamBlockedError } from "../../src/client/errors.ts";
import type { FollowAnswer } from "../../src/client/followed.ts";
import { PageStream } from "../../src/client/page_stream.ts";
import { type FollowRequest, type FollowResponse, FollowResponseSchema } from "../../src/gen/grapevine/v1/page_pb.ts";
import { type ConsumeRequest, ConsumeRequestSchema, ConsumeResponseSchema } from "../../src/gen/log/v1/log_pb.ts";
import type { MemoryTopic } from "../server/fakes.ts";
import { serve, until } from "../server/serving.ts";
import type { ClientError } from "./records.ts";

const writer = "00000000000000a1";

function append(topic: MemoryTopic, values: readonly (string | Uint8Array)[]): void {
  const builder = new FrameBuilder();
  for (const value of values) builder.add({ value: typeof value === "string" ? toBytes(value) : value }, 1);
  topic.appendAs(writer, builder.finish());
}

test("all that a client follows comes in one stream, each record once, whatever is added and left", async () => {
  await using serving = await serve();
  await using client = connect(serving.url);
  const names = Array.from({ length: 12 }, (_, index) => `t${index}`);
  const read = new Map<string, string[]>();
  const signals = new Map<string, AbortController>();
  let openMost = 0;
  const loops = names.map(async (name, index) => {
    const controller = new AbortController();
    signals.set(name, controller);
    const seen: string[] = [];
    read.set(name, seen);
    await new Promise((resolve) => setTimeout(resolve, index * 7));
    for await (const record of client.consume(name, { signal: controller.signal })) {
      seen.push(record.text());
      openMost = Math.max(openMost, serving.openHotCalls);
    }
  });
  const memberEvents: string[] = [];
  const watching = new AbortController();
  const watch = (async () => {
    for await (const event of client.watchMembers({ signal: watching.signal })) memberEvents.push(event.member.name);
  })();
  for (let number = 0; number < 40; number++) {
    for (const name of names) append(serving.ports.log.open(name), [`${number}`, `${number}b`]);
    // Some leave while others go on.
    if (number === 20) signals.get("t3")?.abort();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const expected = Array.from({ length: 40 }, (_, number) => [`${number}`, `${number}b`]).flat();
  const stay = names.filter((name) => name !== "t3");
  await until(() => stay.every((name) => read.get(name)?.length === 80), "all records came");
  for (const name of stay) assert.equal(read.get(name), expected, name);
  const left = read.get("t3") ?? [];
  assert.equal(left, expected.slice(0, left.length));
  // The stream before may still be on its way out.
  assert.ok(openMost <= 2, `${openMost} streams at a time`);
  assert.is(serving.openHotCalls, 1);
  assert.equal(memberEvents, [...new Set(memberEvents)]);
  for (const controller of [...signals.values(), watching]) controller.abort();
  await Promise.all([...loops, watch]);
  await until(() => serving.openHotCalls === 0, "the stream was left");
});

test("a reader who does not pull keeps nobody from reading, holds bounded memory, and misses nothing", async () => {
  await using serving = await serve();
  await using client = connect(serving.url);
  const big = serving.ports.log.open("big");
  const small = serving.ports.log.open("small");
  const batches = 240;
  for (let number = 0; number < batches; number++) append(big, [new Uint8Array(250_000).fill(number % 251)]);
  const slow = client.consume("big");
  assert.is((await slow.next()).value.sequence, 1);
  const fast = client.consume("small");
  for (let number = 0; number < 50; number++) {
    append(small, [`${number}`]);
    assert.is((await fast.next()).value.text(), `${number}`);
  }
  assert.ok(big.bytesRead < 30_000_000, `${big.bytesRead} bytes were read for a reader who takes none`);
  for (let number = 2; number <= batches; number++) {
    const { sequence, value } = (await slow.next()).value;
    assert.equal([sequence, value[0], value.length], [number, (number - 1) % 251, 250_000]);
  }
  await slow.return();
  await fast.return();
});

test("what fails ends alone, with the code that a call of its own would have", async () => {
  await using serving = await serve();
  await using client = connect(serving.url, { failover: false });
  const good = serving.ports.log.open("good");
  append(good, ["first"]);
  const reader = client.consume("good");
  assert.is((await reader.next()).value.text(), "first");
  const bad = client.consume("no such name");
  const failure = await bad.next().then(
    () => undefined,
    (error: ClientError) => error,
  );
  assert.is(failure?.code, "INVALID_ARGUMENT");
  append(good, ["second"]);
  assert.is((await reader.next()).value.text(), "second");
  await reader.return();
});

/** Time that a test moves on. */
function handClock(): ClientClock & { advance(ms: number): void } {
  let nowMs = 0;
  const waiting = new Set<{ readonly atMs: number; readonly callback: () => void }>();
  return {
    nowMs: () => nowMs,
    random: () => 0.5,
    schedule(atMs, callback) {
      const one = { atMs, callback };
      waiting.add(one);
      return () => waiting.delete(one);
    },
    advance(ms) {
      nowMs += ms;
      for (const one of [...waiting]) if (one.atMs <= nowMs && waiting.delete(one)) one.callback();
    },
  };
}

test("a stream that does not begin ends with an error that says what to do, and a warning", async () => {
  const clock = handClock();
  const warnings: string[] = [];
  const client = {
    async *follow(_request: unknown, { signal }: { readonly signal: AbortSignal }): AsyncGenerator<never> {
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
  } as unknown as ConstructorParameters<typeof PageStream>[0]["client"];
  const page = new PageStream({ url: "http://a:1", client, clock, onWarning: (message) => warnings.push(message) });
  const leaving = new AbortController();
  const next = page
    .follow({ case: "members", value: { $typeName: "grapevine.v1.WatchMembersRequest" } }, leaving.signal)
    .next();
  clock.advance(10);
  clock.advance(4_980);
  assert.equal(warnings, []);
  clock.advance(100);
  const failure = await next.then(
    () => undefined,
    (error: Error) => error,
  );
  assert.instance(failure, StreamBlockedError);
  assert.match(failure?.message ?? "", /six connections to a host.*HTTP\/2/);
  assert.equal(warnings, [failure?.message]);
});

test("what there is no room for is asked for again, also where the reader comes back before the stream is opened anew", async () => {
  const clock = handClock();
  interface Feed {
    readonly cursors: readonly number[];
    push(id: number, number: number): Promise<void>;
  }
  const feeds: Feed[] = [];
  const client = {
    async *follow({ subscriptions }: FollowRequest): AsyncGenerator<FollowResponse> {
      const queue: FollowResponse[] = [];
      let wake = (): void => {};
      const cursors = subscriptions.map(
        ({ asks }) => (asks.value as ConsumeRequest).start.value as Uint8Array | undefined,
      );
      feeds.push({
        cursors: cursors.map((cursor) => cursor?.[0] ?? 0),
        async push(id, number) {
          const value = create(ConsumeResponseSchema, {
            frames: new Uint8Array(600_000),
            cursor: new Uint8Array([number]),
          });
          queue.push(create(FollowResponseSchema, { id, answer: { case: "consume", value } }));
          wake();
          await settled();
        },
      });
      for (;;) {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) yield next;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  } as unknown as ConstructorParameters<typeof PageStream>[0]["client"];
  const page = new PageStream({ url: "http://a:1", client, clock, onWarning() {} });
  const leaving = new AbortController();
  const [reader, hungry] = ["a", "b"].map((topic) =>
    page.follow({ case: "consume", value: create(ConsumeRequestSchema, { topic, packed: true }) }, leaving.signal),
  ) as [AsyncGenerator<FollowAnswer>, AsyncGenerator<FollowAnswer>];
  const taken: number[] = [];
  const take = async (): Promise<void> => {
    const { value } = await reader.next();
    taken.push((value as Extract<FollowAnswer, { case: "consume" }>).value.cursor[0] as number);
  };
  const first = take();
  const waiting = hungry.next().catch(() => undefined);
  clock.advance(10);
  await settled();
  for (let number = 1; number <= 4; number++) await feeds[0]?.push(1, number);
  await first;
  // Two were held, which is too much; the fourth had no room.
  await take();
  await take();
  await feeds[0]?.push(1, 5);
  clock.advance(200);
  await settled();
  assert.equal(feeds[1]?.cursors, [3, 0]);
  for (let number = 4; number <= 5; number++) await feeds[1]?.push(1, number);
  await take();
  await take();
  assert.equal(taken, [1, 2, 3, 4, 5]);
  leaving.abort();
  await waiting;
});

/** Whatever is under way without time has happened. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

test("a page follows up to 256 things, and says so at the next", async () => {
  const client = { async *follow() {} } as unknown as ConstructorParameters<typeof PageStream>[0]["client"];
  const page = new PageStream({ url: "http://a:1", client, clock: handClock(), onWarning() {} });
  const leaving = new AbortController();
  const follow = () =>
    page.follow({ case: "members", value: { $typeName: "grapevine.v1.WatchMembersRequest" } }, leaving.signal).next();
  const waiting = Array.from({ length: 256 }, () => follow().catch(() => undefined));
  const failure = await follow().catch((error: ClientError) => error);
  assert.is((failure as ClientError).code, "RESOURCE_EXHAUSTED");
  leaving.abort();
  await Promise.all(waiting);
});

test.run();

// runtimes: bun (tabs run in browsers: what differs between the runtimes is not in their way)
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type ClientClock, clientClock } from "../../src/client/client_clock.ts";
import type { FollowAnswer, FollowAsks } from "../../src/client/followed.ts";
import type { PageStreams } from "../../src/client/page_stream.ts";
import { type TabChannel, type TabMeans, TabShare } from "../../src/client/tab_share.ts";
import { ConsumeRequestSchema, ConsumeResponseSchema } from "../../src/gen/log/v1/log_pb.ts";

/** The locks of an origin: a tab that goes gives up its own. */
class Locks {
  readonly #waiting = new Map<string, (() => void)[]>();

  request(holders: Set<() => void>): TabMeans["lock"] {
    return async (name, { ifAvailable, signal }, hold) => {
      const line = this.#waiting.get(name);
      if (line !== undefined && ifAvailable) return hold(null);
      if (line === undefined) this.#waiting.set(name, []);
      else {
        await new Promise<void>((resolve, reject) => {
          line.push(resolve);
          signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        });
      }
      const gone = new Promise<void>((resolve) => holders.add(resolve));
      await Promise.race([hold({}), gone]);
      const next = this.#waiting.get(name)?.shift();
      if (next === undefined) this.#waiting.delete(name);
      else next();
    };
  }
}

/** A server whose topic has numbers as cursors: each answer carries one, as its only byte. */
class Numbers implements PageStreams {
  static count = 0;
  /** Streams that were opened here. */
  opened = 0;
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  async *follow(asks: FollowAsks, signal: AbortSignal): AsyncGenerator<FollowAnswer, void> {
    if (asks.case !== "consume") return;
    const { start, topic } = asks.value;
    if (topic === "bad") throw new ConnectError("no such topic", Code.NotFound);
    Numbers.count++;
    this.opened++;
    try {
      for (let number = start.case === "cursor" ? (start.value[0] as number) + 1 : 0; number < 200; number++) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        if (signal.aborted || this.#signal.aborted) throw new Error("left");
        const bytes = new Uint8Array([number]);
        yield { case: "consume", value: create(ConsumeResponseSchema, { frames: bytes, cursor: bytes }) };
      }
    } finally {
      Numbers.count--;
    }
  }

  close(): void {}
}

/** A channel that a crashed tab says nothing more on, and a deaf one hears nothing on, although their code still runs here. */
class TabChannelOf implements TabChannel {
  readonly #channel: BroadcastChannel;
  readonly #crashed: AbortSignal;
  readonly #deaf: AbortSignal;

  constructor(channel: BroadcastChannel, crashed: AbortSignal, deaf: AbortSignal) {
    this.#channel = channel;
    this.#crashed = crashed;
    this.#deaf = deaf;
  }

  set onmessage(listener: TabChannel["onmessage"]) {
    this.#channel.onmessage = (event) => {
      if (!this.#deaf.aborted) listener?.(event);
    };
  }

  postMessage(message: unknown): void {
    if (!this.#crashed.aborted) this.#channel.postMessage(message);
  }

  close(): void {
    this.#channel.close();
  }
}

let lastTab = 0;

interface Tab {
  readonly share: TabShare;
  readonly own: Numbers;
  /** From now on it hears nobody. */
  deafen(): void;
  /** Ends it without a word, as a tab that crashes does. */
  crash(): void;
}

function openTab(locks: Locks, origin: string, clock = clientClock): Tab {
  const holders = new Set<() => void>();
  const crashed = new AbortController();
  const deaf = new AbortController();
  const channels: BroadcastChannel[] = [];
  const means: TabMeans = {
    lock: locks.request(holders),
    channel(name) {
      const channel = new BroadcastChannel(`${origin} ${name}`);
      channels.push(channel);
      return new TabChannelOf(channel, crashed.signal, deaf.signal);
    },
    tab: String(++lastTab),
  };
  const own = new Numbers(crashed.signal);
  const share = new TabShare({ url: "http://a:1", own, means, clock });
  return {
    ...{ share, own, deafen: () => deaf.abort() },
    crash() {
      crashed.abort();
      for (const channel of channels) channel.close();
      for (const release of holders) release();
    },
  };
}

function asks(topic: string): FollowAsks {
  return { case: "consume", value: create(ConsumeRequestSchema, { topic, packed: true }) };
}

async function readAll(share: TabShare, topic = "t"): Promise<number[]> {
  const read: number[] = [];
  for await (const answer of share.follow(asks(topic), new AbortController().signal)) {
    if (answer.case === "consume") read.push(answer.value.frames[0] as number);
  }
  return read;
}

const all = Array.from({ length: 200 }, (_, index) => index);

test("tabs whose leaders crash or close, one after another, miss nothing and repeat nothing", async () => {
  const locks = new Locks();
  const tabs = Array.from({ length: 4 }, () => openTab(locks, "crashes"));
  const [first, second, ...others] = tabs as [Tab, Tab, ...Tab[]];
  const ofFirst = readAll(first.share).catch(() => undefined);
  const ofSecond = readAll(second.share).catch(() => undefined);
  const reading = others.map(({ share }) => readAll(share));
  setTimeout(() => first.crash(), 60);
  setTimeout(() => second.share.close(), 150);
  for (const read of await Promise.all(reading)) assert.equal(read, all);
  second.crash();
  for (const { share } of others) share.close();
  for (const tab of tabs) tab.crash();
  await Promise.all([ofFirst, ofSecond]);
});

test("what fails at the leader fails at the tab that asked, with the same code", async () => {
  const locks = new Locks();
  const tabs = [openTab(locks, "codes"), openTab(locks, "codes")];
  await readSome(tabs[0] as Tab);
  const failure = await readAll((tabs[1] as Tab).share, "bad").catch((error: unknown) => error);
  assert.is((failure as ConnectError).code, Code.NotFound);
  assert.is((failure as ConnectError).rawMessage, "no such topic");
  for (const tab of tabs) tab.crash();
});

async function readSome({ share }: Tab): Promise<void> {
  for await (const _ of share.follow(asks("t"), new AbortController().signal)) return;
}

test("a tab whose leader does not answer opens a stream of its own", async () => {
  const locks = new Locks();
  // Somebody holds the lock and hears nothing.
  const frozen = new AbortController();
  const held = locks.request(new Set())("grapevine http://a:1", {}, () => {
    return new Promise((resolve) => frozen.signal.addEventListener("abort", resolve));
  });
  const tab = openTab(locks, "frozen");
  assert.equal(await readAll(tab.share), all);
  tab.share.close();
  tab.crash();
  frozen.abort();
  await held;
});

/** Waits a fiftieth of the time. */
const hastyClock: ClientClock = {
  ...clientClock,
  schedule(atMs, callback, options) {
    const nowMs = clientClock.nowMs();
    return clientClock.schedule(nowMs + (atMs - nowMs) / 50, callback, options);
  },
};

test("what a leader held goes on at the next one, also where the same tab's other stream found the leader silent", async () => {
  const locks = new Locks();
  const [leader, next, tab] = [1, 2, 3].map(() => openTab(locks, "silence", hastyClock)) as [Tab, Tab, Tab];
  const { signal } = new AbortController();
  const held = tab.share.follow(asks("t"), signal);
  await held.next();
  leader.deafen();
  const alone = tab.share.follow(asks("u"), signal);
  await alone.next();
  assert.is(tab.own.opened, 1, "nobody took the second one");
  leader.crash();
  while (next.own.opened + tab.own.opened < 2) await held.next();
  assert.is(next.own.opened, 1, "the first one went on at the tab that leads now");
  await Promise.all([held.return(), alone.return()]);
  for (const one of [next, tab]) one.crash();
});

test("a tab that goes leaves nothing open at the leader", async () => {
  const locks = new Locks();
  const leader = openTab(locks, "leaving");
  await readSome(leader);
  const other = openTab(locks, "leaving");
  const before = Numbers.count;
  const answers = other.share.follow(asks("t"), new AbortController().signal);
  await answers.next();
  assert.is(Numbers.count, before + 1);
  other.crash();
  for (let round = 0; round < 100 && Numbers.count > before; round++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.is(Numbers.count, before);
  leader.crash();
});

test.run();

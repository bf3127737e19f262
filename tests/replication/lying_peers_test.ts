// What a peer may say that is not so: the machine and the real log on a simulated disk against a peer that is a script.
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  type ChainHash,
  chainStart,
  gapFrame,
  placeFrame,
  Random,
  stampBatch,
  type Vector,
  type WriterId,
} from "../../src/base/mod.ts";
import { openGeneration, type TopicLog } from "../../src/log/mod.ts";
import { Replicator, type ReplicatorEffect, type ReplicatorInput, toldStop } from "../../src/replication/mod.ts";
import { SimulatedDisk } from "../../src/testing/disk.ts";
import { environment, frameOf, openLog, textsOf } from "../log/log_kit.ts";

const liar = "00000000000000aa";
const other = "00000000000000bb";

/** A feed as its owner would write it: `count` batches of one record each, from the beginning. */
function feedOf(writer: WriterId, count: number, word: string = writer.slice(-2)): Uint8Array[] {
  let previousChain: ChainHash = chainStart;
  return Array.from({ length: count }, (_, index) => {
    const frame = frameOf([`${word}${index + 1}`]);
    const baseSequence = index + 1;
    previousChain = stampBatch(frame, { writer, baseSequence, previousChain, lamport: baseSequence, generation: 1 });
    placeFrame(frame, { baseOffset: 0, durableBefore: 0 });
    return frame;
  });
}

function joined(...frames: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(frames.flatMap((frame) => [...frame]));
}

/** What a scripted peer says: its vector at each notice, and what it answers each pull with. */
interface Script {
  readonly shows: readonly Vector[];
  readonly lowWater?: Vector;
  /** An answer, in parts; undefined: it never answers. */
  readonly answer: (have: Vector, pull: number) => readonly Uint8Array[] | undefined;
}

/** One node, with its machine and log, and peers that are scripts; on virtual time. */
class Node {
  readonly warnings: string[] = [];
  readonly pulls: string[] = [];
  minted = 0;
  nowMs = 0;
  #machine: Replicator;
  readonly #watches = new Map<string, number>();
  #log: Awaited<ReturnType<typeof openLog>>["log"];
  #due: (() => void)[] = [];
  readonly #scripts: Record<string, Script>;

  private constructor(log: Awaited<ReturnType<typeof openLog>>["log"], scripts: Record<string, Script>) {
    this.#log = log;
    this.#scripts = scripts;
    this.#machine = new Replicator({ localName: "local", localWriter: log.writer }, new Random(1));
    log.onEvent((event) => {
      if (event.type === "feed-stopped") this.push({ type: "feed-stopped", topic: event.topic, writer: event.writer });
      if (event.type === "new-writer") this.push({ type: "writer-minted", writer: event.writer });
    });
  }

  static async open(scripts: (writer: WriterId) => Record<string, Script>): Promise<Node> {
    const { log } = await openLog(new SimulatedDisk().mount(), {}, environment());
    await log.openTopic("t");
    const node = new Node(log, scripts(log.writer));
    log.onGrow((topic) => node.push({ type: "grew", topic: "t", have: topic.have, synced: topic.durable }));
    return node;
  }

  get topic(): TopicLog {
    return this.#log.topic("t") as TopicLog;
  }

  get writer(): WriterId {
    return this.#log.writer;
  }

  async produce(value: string): Promise<void> {
    await this.topic.produce(frameOf([value]));
  }

  /** All peers join, say hello and tell what they show first. */
  join(): void {
    for (const name of Object.keys(this.#scripts)) {
      const writer = name === "liar" ? liar : other;
      this.push({ type: "peer-joined", peer: { name, rpcAddress: `${name}:1`, writer } });
    }
  }

  /** A peer tells the next of what it shows. */
  tell(name: string, index: number): void {
    this.claim(name, this.#scripts[name]?.shows[index] ?? new Map());
  }

  /** A peer tells that it holds so much. */
  claim(name: string, durable: Vector): void {
    const watchId = this.#watches.get(name) ?? 0;
    const lowWater = this.#scripts[name]?.lowWater ?? new Map();
    this.push({ type: "notice", peer: name, watchId, topic: "t", durable, lowWater });
  }

  push(input: ReplicatorInput): void {
    for (const effect of this.#machine.step(input, this.nowMs)) this.#perform(effect);
  }

  /** Lets so much virtual time go by. */
  async pass(ms: number): Promise<void> {
    const endMs = this.nowMs + ms;
    for (let steps = 0; ; steps++) {
      assert.ok(steps < 20_000, "it runs in circles");
      await this.#rest();
      if (this.#machine.wakeAtMs > endMs) break;
      this.nowMs = Math.max(this.nowMs, this.#machine.wakeAtMs);
      this.push({ type: "wake" });
    }
    this.nowMs = endMs;
  }

  async #rest(): Promise<void> {
    for (let quiet = 0; quiet < 5; quiet++) {
      for (const run of this.#due.splice(0)) {
        quiet = 0;
        run();
      }
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      if (this.#busy > 0) quiet = 0;
      await new Promise<void>((resolve) => setTimeout(resolve, 0));
    }
  }

  #busy = 0;

  #perform(effect: ReplicatorEffect): void {
    switch (effect.type) {
      case "watch":
        this.#watch(effect.peer.name, effect.watchId);
        break;
      case "pull":
        this.#pull(effect);
        break;
      case "apply":
        this.#apply(effect.pullId, async (topic) => {
          const { appended, dropped, stopped } = await topic.apply(effect.frames);
          return { appended, dropped, stopped: stopped && toldStop(stopped) };
        });
        break;
      case "apply-gap":
        this.#apply(effect.pullId, async (topic) => {
          await topic.applyGap(effect.writer, effect.through);
          return { appended: 1, dropped: 0 };
        });
        break;
      case "mint-writer":
        this.minted++;
        void this.#log.mintWriter(effect.reason);
        break;
      case "warn":
        this.warnings.push(`${effect.peer}: ${effect.message}`);
        break;
      default:
    }
  }

  #watch(name: string, watchId: number): void {
    this.#watches.set(name, watchId);
    const writer = name === "liar" ? liar : other;
    this.#due.push(() => {
      this.push({ type: "watch-opened", peer: name, watchId, writer });
      if ((this.#scripts[name] as Script).shows.length > 0) this.tell(name, 0);
      this.push({ type: "watch-alive", peer: name, watchId });
    });
  }

  #pull({ peer, pullId, have }: Extract<ReplicatorEffect, { readonly type: "pull" }>): void {
    this.pulls.push(peer.name);
    const script = this.#scripts[peer.name] as Script;
    const parts = script.answer(have, this.pulls.filter((name) => name === peer.name).length);
    if (parts === undefined) return;
    this.#due.push(() => {
      const lowWater = script.lowWater ?? new Map();
      for (const frames of parts) {
        this.push({ type: "pulled", peer: peer.name, pullId, frames: frames.slice(), lowWater });
      }
      this.push({ type: "pull-ended", peer: peer.name, pullId });
    });
  }

  #apply(
    pullId: number,
    apply: (topic: TopicLog) => Promise<Extract<ReplicatorInput, { type: "applied" }>["result"]>,
  ): void {
    this.#busy++;
    void openGeneration(this.#log, "t")
      .then(apply)
      .catch((error: unknown) => ({ appended: 0, dropped: 0, failed: String(error) }))
      .then((result) => {
        this.#busy--;
        this.push({ type: "applied", pullId, topic: "t", result, have: this.topic.have });
      });
  }
}

/** What an honest peer answers: the feeds, from where the puller is. */
function honest(feeds: Readonly<Record<WriterId, readonly Uint8Array[]>>): (have: Vector) => readonly Uint8Array[] {
  return (have) => [
    joined(...Object.entries(feeds).flatMap(([writer, frames]) => frames.slice(have.get(writer) ?? 0))),
  ];
}

const lies = feedOf(liar, 6, "l");
const truths = feedOf(other, 6, "t");
const honestPeer: Script = { shows: [new Map([[other, 6]])], answer: honest({ [other]: truths }) };
const shown: Vector = new Map([
  [liar, 6],
  [other, 6],
]);
const allTruths = ["t1", "t2", "t3", "t4", "t5", "t6"];

interface Row {
  readonly name: string;
  readonly answer: Script["answer"];
  readonly shows?: readonly Vector[];
  readonly lowWater?: Vector;
  /** What is there of the liar's feed in the end. */
  readonly of?: readonly string[];
  readonly warned?: RegExp;
  readonly stopped?: readonly WriterId[];
}

const cut = (frame: Uint8Array | undefined) => (frame as Uint8Array).subarray(0, 110);

const rows: readonly Row[] = [
  { name: "gives nothing of what it shows", answer: () => [new Uint8Array(0)] },
  { name: "never answers", answer: () => undefined },
  { name: "shows what is beyond all numbers", shows: [new Map([[liar, Number.MAX_SAFE_INTEGER]])], answer: () => [] },
  {
    name: "changes its mind backwards",
    shows: [shown, new Map(), shown],
    answer: honest({ [liar]: lies }),
    of: ["l1", "l2", "l3", "l4", "l5", "l6"],
  },
  { name: "leaves one out", answer: () => [joined(lies[0] as Uint8Array, lies[2] as Uint8Array)], of: ["l1"] },
  {
    name: "sends them backwards",
    answer: () => [joined(...[...lies].reverse())],
    of: [],
  },
  {
    name: "sends each twice",
    answer: () => [joined(...lies.flatMap((frame) => [frame, frame]))],
    of: ["l1", "l2", "l3", "l4", "l5", "l6"],
  },
  {
    name: "cuts the last off",
    answer: () => [joined(lies[0] as Uint8Array, cut(lies[1]))],
    of: ["l1"],
    warned: /cut off/,
  },
  { name: "sends no frames at all", answer: () => [new Uint8Array(500).fill(7)], warned: /no frame begins here/ },
  { name: "sends another generation", answer: () => [ofGeneration(2)], warned: /generation 2/ },
  {
    name: "sends more than it was asked for",
    answer: () => Array.from({ length: 30 }, () => new Uint8Array(1_048_576)),
    warned: /its credit was|no frame/,
  },
  {
    name: "mixes another history in",
    answer: () => [joined(lies[0] as Uint8Array, feedOf(liar, 2, "x")[1] as Uint8Array)],
    of: ["l1"],
    stopped: [liar],
  },
  {
    ...{
      name: "erases another feed with a gap",
      answer: () => [gapFrame({ writer: other, baseSequence: 1, count: 6, generation: 1 })],
    },
  },
  {
    ...{
      name: "says that all is forgotten",
      lowWater: new Map([[other, 7]]),
      answer: () => [gapFrame({ writer: other, baseSequence: 1, count: 6, generation: 1 })],
    },
  },
];

function ofGeneration(generation: number): Uint8Array {
  const frame = frameOf(["from another time"]);
  stampBatch(frame, { writer: liar, baseSequence: 1, previousChain: chainStart, lamport: 1, generation });
  placeFrame(frame, { baseOffset: 0, durableBefore: 0 });
  return frame;
}

for (const row of rows) {
  test(`a peer that ${row.name}: nothing wrong is applied, the other feed flows, and it is not asked in circles`, async () => {
    const node = await Node.open(() => ({
      liar: { shows: row.shows ?? [shown], answer: row.answer, ...(row.lowWater && { lowWater: row.lowWater }) },
      honest: honestPeer,
    }));
    node.join();
    await node.pass(1_500);
    for (let index = 1; index < (row.shows?.length ?? 0); index++) {
      node.tell("liar", index);
      await node.pass(500);
    }
    await node.pass(20_000);
    const texts = await textsOf(node.topic);
    assert.equal(
      texts.filter((text) => text.startsWith("t")),
      allTruths,
      "the other feed is whole",
    );
    assert.equal(
      texts.filter((text) => !text.startsWith("t")),
      row.of ?? [],
      "of the liar's",
    );
    assert.ok(node.pulls.length < 60, `${node.pulls.length} pulls in 22 s`);
    if (row.warned) assert.match(node.warnings.join("\n"), row.warned);
    assert.equal([...node.topic.stoppedFeeds.keys()], row.stopped ?? []);
    assert.is(node.minted, 0);
  });
}

test("a gap is believed once nobody else shows the records, also when who showed them never gives them", async () => {
  const gap = gapFrame({ writer: other, baseSequence: 1, count: 3, generation: 1 });
  const rest = joined(gap, ...truths.slice(3));
  for (const claims of [false, true]) {
    const node = await Node.open(() => ({
      holder: { shows: [new Map([[other, 6]])], answer: () => [rest] },
      ...(claims && { liar: { shows: [new Map([[other, 6]])], answer: () => [new Uint8Array(0)] } }),
    }));
    node.join();
    await node.pass(claims ? 40_000 : 200);
    assert.equal(await textsOf(node.topic), ["t4", "t5", "t6"]);
    assert.is(node.topic.have.get(other), 6);
  }
});

test("records of our present writer that we do not hold are refused with a reason, and our own feed goes on", async () => {
  let forged: Uint8Array = new Uint8Array(0);
  const node = await Node.open((writer) => {
    forged = feedOf(writer, 3, "forged")[2] as Uint8Array;
    return { liar: { shows: [shown], answer: () => [forged] }, honest: honestPeer };
  });
  await node.produce("own 1");
  node.join();
  await node.pass(10_000);
  assert.equal((await textsOf(node.topic)).sort(), ["own 1", ...allTruths]);
  assert.match(node.warnings.join("\n"), /sequence 3 of this node's own writer/);
  assert.equal([...node.topic.stoppedFeeds.keys()], []);
  await node.produce("own 2");
  assert.is(node.topic.have.get(node.writer), 2);
});

test("a peer that shows more of each new writer makes us mint three, and is then rejected", async () => {
  const node = await Node.open(() => ({ liar: { shows: [], answer: () => [] }, honest: honestPeer }));
  await node.produce("own 1");
  node.join();
  await node.pass(100);
  for (let round = 0; round < 10; round++) {
    node.claim("liar", new Map([[node.writer, 1_000]]));
    await node.pass(6_000);
  }
  assert.is(node.minted, 3);
  assert.match(node.warnings.join("\n"), /Cannot believe that a new writer is needed again/);
  assert.equal(
    (await textsOf(node.topic)).filter((text) => text.startsWith("t")),
    allTruths,
  );
});

test("ten thousand notices cost a bounded number of pulls", async () => {
  const node = await Node.open(() => ({
    liar: { shows: [shown], answer: () => [new Uint8Array(0)] },
    honest: honestPeer,
  }));
  node.join();
  await node.pass(100);
  for (let round = 0; round < 10_000; round++) node.claim("liar", new Map([[liar, 6 + round]]));
  await node.pass(10_000);
  assert.ok(node.pulls.length < 60, `${node.pulls.length} pulls`);
  assert.equal(
    (await textsOf(node.topic)).filter((text) => text.startsWith("t")),
    allTruths,
  );
});

for (const seed of Array.from({ length: 8 }, (_, index) => index + 1)) {
  test(`whatever is changed in an answer, no record is applied that was not written: seed ${seed}`, async () => {
    const random = new Random(`lying/${seed}`);
    const feeds = { [liar]: lies, [other]: truths };
    const node = await Node.open(() => ({
      liar: { shows: [shown], answer: (have) => honest(feeds)(have).map((frames) => mutated(frames, random)) },
      honest: honestPeer,
    }));
    node.join();
    await node.pass(60_000);
    const texts = await textsOf(node.topic);
    const written = ["l1", "l2", "l3", "l4", "l5", "l6"];
    assert.equal(
      texts.filter((text) => text.startsWith("t")),
      allTruths,
    );
    const ofLiar = texts.filter((text) => !text.startsWith("t"));
    assert.equal(ofLiar, written.slice(0, ofLiar.length), "a prefix of what it wrote");
  });
}

/** Bits flipped, bytes cut out, doubled or moved: now and then nothing. */
function mutated(frames: Uint8Array, random: Random): Uint8Array {
  if (frames.length === 0 || random.chance(0.2)) return frames;
  const bytes = frames.slice();
  const at = random.below(bytes.length);
  const end = Math.min(bytes.length, at + random.between(1, 300));
  switch (random.below(4)) {
    case 0:
      bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
      return bytes;
    case 1:
      return joined(bytes.subarray(0, at), bytes.subarray(end));
    case 2:
      return joined(bytes.subarray(0, end), bytes.subarray(at));
    default:
      return joined(bytes.subarray(end), bytes.subarray(0, end));
  }
}

test.run();

/** A real agent, killed with kill -9 at random moments under full load, and everything that it kept. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { crc32, Random } from "../../src/base/mod.ts";
import { connect, type LogClient } from "../../src/client/mod.ts";
import { dumpFile, type FsyncPolicy } from "../../src/log/mod.ts";
import { type NodeProcess, NodeProcesses } from "../../tests/cluster/processes.ts";

export interface KillOptions {
  readonly rounds: number;
  readonly fsync: FsyncPolicy;
  readonly seed: string;
  readonly onProgress: (line: string) => void;
}

/** Many sends to one topic, a few to each of many, whose groups go to the journal. */
const busyTopic = "busy";
const quietTopics: readonly string[] = Array.from({ length: 12 }, (_, index) => `quiet-${index}`);
const busySendsInFlight = 500;
const loadMsMin = 20;
const loadMsMax = 800;
/** After so many kills the directory is checked to the last byte, and begun anew: else reading it would take the time. */
const killsPerDirectory = 10;
const flags: Readonly<Record<string, string>> = { "--segment-bytes": "1048576", "--journal-bytes": "1048576" };

/** What one directory must hold: the value of each acknowledged record, by topic, writer and sequence. */
type Acknowledged = Map<string, string>;

interface Totals {
  kills: number;
  acknowledged: number;
  unanswered: number;
  kept: number;
  consumed: number;
  cut: number;
  segments: number;
}

/** Kills so often and resolves with a line that says what came of it. Rejects when anything is not as promised. */
export async function killRounds(options: KillOptions): Promise<string> {
  const random = new Random(options.seed);
  const totals: Totals = { ...{ kills: 0, acknowledged: 0, unanswered: 0, kept: 0 }, consumed: 0, cut: 0, segments: 0 };
  while (totals.kills < options.rounds) {
    await using nodes = await NodeProcesses.create();
    const kills = Math.min(killsPerDirectory, options.rounds - totals.kills);
    await killDirectory(nodes, { ...options, random, kills }, totals);
    options.onProgress(`${totals.kills} of ${options.rounds} kills, ${totals.acknowledged} records acknowledged`);
  }
  const { kills, acknowledged, unanswered, kept, consumed, cut, segments } = totals;
  return [
    `${kills} kills under fsync ${options.fsync}, seed ${options.seed}: ${acknowledged} records acknowledged, 0 lost, 0 twice, 0 out of order`,
    `${unanswered} sends unanswered, of which ${kept - acknowledged} were kept; ${consumed} records consumed meanwhile, 0 of them gone`,
    `${cut} tails cut, 0 a second time; ${segments} indexes agree with a scan`,
  ].join("; ");
}

async function killDirectory(
  nodes: NodeProcesses,
  options: KillOptions & { readonly random: Random; readonly kills: number },
  totals: Totals,
): Promise<void> {
  const all = { ...flags, "--fsync": options.fsync };
  const directory = path.join(nodes.directory, "victim");
  const acknowledged: Acknowledged = new Map();
  for (let kill = 0; kill < options.kills; kill++) {
    const node = await nodes.start("victim", all);
    const loadMs = options.random.between(loadMsMin, loadMsMax);
    const load = new Load(node, { name: String(kill), acknowledged });
    await new Promise((resolve) => setTimeout(resolve, loadMs));
    await node.end("SIGKILL");
    totals.kills++;
    totals.unanswered += await load.end();
    const before = segmentsIn(directory);
    // Opened after the kill, and killed again while it has nothing to do.
    const recovered = await nodes.start("victim", all);
    await checkServed(recovered, acknowledged);
    totals.consumed += await checkConsumed(recovered, load.consumed);
    await recovered.end("SIGKILL");
    const after = segmentsIn(directory);
    totals.cut += [...before].filter(([file, bytes]) => (after.get(file)?.length ?? 0) < contentBytes(bytes)).length;
    const again = await nodes.start("victim", all);
    await again.end("SIGKILL");
    for (const [file, bytes] of segmentsIn(directory)) {
      if (!bytes.equals(after.get(file) ?? Buffer.alloc(0))) throw new Error(`a second opening changed ${file}`);
    }
  }
  const last = await nodes.start("victim", all);
  totals.kept += await checkServed(last, acknowledged);
  totals.acknowledged += acknowledged.size;
  await last.end("SIGTERM");
  totals.segments += checkFiles(directory);
}

/** Producers at full rate, and a consumer, until the node is gone. */
class Load {
  readonly consumed = new Map<string, string>();
  readonly #client: LogClient;
  readonly #options: { readonly name: string; readonly acknowledged: Acknowledged };
  readonly #senders: readonly Promise<void>[];
  readonly #consumer: Promise<void>;
  #isOver = false;
  #unanswered = 0;
  #number = 0;

  constructor(node: NodeProcess, options: { readonly name: string; readonly acknowledged: Acknowledged }) {
    // Each failure is to be seen: nothing is sent again.
    this.#client = connect(node.rpcUrl, { failover: false });
    this.#options = options;
    const producers = [busyTopic, ...quietTopics].map((topic) => ({ topic, producer: this.#client.producer(topic) }));
    this.#senders = producers.flatMap(({ topic, producer }) => {
      const senders = topic === busyTopic ? busySendsInFlight : 1;
      return Array.from({ length: senders }, () => this.#send(topic, producer));
    });
    this.#consumer = this.#consume();
  }

  /** Resolves, once all is quiet, with how many sends were never answered. */
  async end(): Promise<number> {
    this.#isOver = true;
    await Promise.all(this.#senders);
    await this.#client[Symbol.asyncDispose]();
    await this.#consumer;
    return this.#unanswered;
  }

  async #send(topic: string, producer: ReturnType<LogClient["producer"]>): Promise<void> {
    while (!this.#isOver) {
      const value = `${this.#options.name}/${this.#number++}/${"x".repeat(80)}`;
      try {
        const ack = await producer.send({ value });
        this.#options.acknowledged.set(`${topic}/${ack.writer}/${ack.sequence}`, value);
      } catch {
        // Killed meanwhile: whether it is kept is what the recovery decides.
        this.#unanswered++;
        return;
      }
    }
  }

  async #consume(): Promise<void> {
    try {
      for await (const record of this.#client.consume(busyTopic, { from: "earliest", follow: true })) {
        this.consumed.set(`${busyTopic}/${record.writer}/${record.sequence}`, record.text());
      }
    } catch {
      // The node is gone, as it should be.
    }
  }
}

/** Reads everything; throws when something acknowledged is missing, altered, there twice or out of order. */
async function checkServed(node: NodeProcess, acknowledged: Acknowledged): Promise<number> {
  await using client = connect(node.rpcUrl);
  const held = new Map<string, string>();
  for (const { name } of await client.topics()) {
    if (name.startsWith("_")) continue;
    const last = new Map<string, number>();
    const values = new Set<string>();
    let nextOffset = 0;
    for await (const record of client.consume(name, { from: "earliest", follow: false })) {
      const { writer, sequence, offset } = record;
      const value = record.text();
      if (sequence !== (last.get(writer) ?? 0) + 1) throw new Error(`${name}: ${writer} ${sequence} is out of order`);
      if (offset !== nextOffset) throw new Error(`${name}: offset ${offset} stands where ${nextOffset} should`);
      if (values.has(value)) throw new Error(`${name}: ${value.slice(0, 20)} stands there twice`);
      last.set(writer, sequence);
      values.add(value);
      nextOffset = offset + 1;
      held.set(`${name}/${writer}/${sequence}`, value);
    }
  }
  for (const [id, value] of acknowledged) {
    if (held.get(id) !== value) throw new Error(`acknowledged record ${id} is ${held.get(id)?.slice(0, 20) ?? "lost"}`);
  }
  return held.size;
}

/** What a consumer was given before the kill is there, unchanged. */
async function checkConsumed(node: NodeProcess, consumed: ReadonlyMap<string, string>): Promise<number> {
  if (consumed.size === 0) return 0;
  await using client = connect(node.rpcUrl);
  let found = 0;
  for await (const { writer, sequence, value } of client.consume(busyTopic, { from: "earliest", follow: false })) {
    const known = consumed.get(`${busyTopic}/${writer}/${sequence}`);
    if (known === undefined) continue;
    if (known !== new TextDecoder().decode(value)) throw new Error(`consumed record ${writer} ${sequence} changed`);
    found++;
  }
  if (found !== consumed.size) throw new Error(`${consumed.size - found} consumed records are gone`);
  return found;
}

/** Without the zeros that are room ahead. */
function contentBytes(bytes: Buffer): number {
  return bytes.findLastIndex((byte) => byte !== 0) + 1;
}

function segmentsIn(directory: string): Map<string, Buffer> {
  const names = readdirSync(path.join(directory, "topics"), { recursive: true, encoding: "utf8" });
  const segments = names.filter((name) => name.endsWith(".log"));
  return new Map(segments.map((name) => [name, readFileSync(path.join(directory, "topics", name))]));
}

/** After a clean stop: every segment is whole, and its index says what a scan of it says. Returns how many there are. */
function checkFiles(directory: string): number {
  const segments = segmentsIn(directory);
  for (const [name, bytes] of segments) {
    const index = readFileSync(path.join(directory, "topics", name.replace(/\.log$/, ".index")));
    const items = [...(dumpFile(index, crc32) ?? [])];
    const head = items[0]?.fields;
    const feeds = items.filter(({ kind }) => kind === "index-feed").map(({ fields }) => fields);
    const scanned = scan(bytes, name);
    const facts = { bytes: bytes.length, nextOffset: scanned.nextOffset, lamport: scanned.lamport };
    for (const [fact, value] of Object.entries(facts)) {
      if (bytes.length > 0 && head?.[fact] !== value)
        throw new Error(`${name}: the index says ${fact} ${head?.[fact]}, not ${value}`);
    }
    for (const { writer, last, first, chain } of feeds) {
      const feed = scanned.feeds.get(String(writer));
      if (feed?.first !== first || feed?.last !== last || feed?.chain !== chain) {
        throw new Error(`${name}: the index says ${first} to ${last} of ${writer}, a scan says otherwise`);
      }
    }
    if (feeds.length !== scanned.feeds.size) throw new Error(`${name}: the index has ${feeds.length} feeds`);
  }
  return segments.size;
}

function scan(bytes: Uint8Array, name: string) {
  const feeds = new Map<string, { first: number; last: number; chain: string }>();
  let nextOffset = 0;
  let lamport = 0;
  for (const { kind, at, fields } of dumpFile(bytes, crc32) ?? []) {
    if (kind !== "frame") throw new Error(`${name}: damage at byte ${at}: ${fields["reason"]}`);
    const first = Number(fields["baseSequence"]);
    const last = first + Number(fields["count"]) - 1;
    const writer = String(fields["writer"]);
    feeds.set(writer, { first: feeds.get(writer)?.first ?? first, last, chain: String(fields["chain"]) });
    nextOffset = Number(fields["baseOffset"]) + Number(fields["count"]);
    lamport = Math.max(lamport, Number(fields["lamport"]));
  }
  return { feeds, nextOffset, lamport };
}

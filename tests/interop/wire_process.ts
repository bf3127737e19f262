/**
 * Speaks to a node in raw bytes, as a process, so that it can be put where the node is. Arguments: `state HOST PORT` prints
 * what the node says in a push/pull, a JSON object a node; `fuzz HOST PORT JSON` sends it bytes that are almost right.
 */
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { Random, toHex } from "../../src/base/mod.ts";
import { StreamReader } from "../../src/gossip/stream_reader.ts";
import { encodePushPull } from "../../src/gossip/wire.ts";
import { bytesOf, vectorsOf } from "../vectors/serf_vectors.ts";

export interface FuzzPlan {
  readonly seed: string;
  readonly datagrams: number;
  readonly streams: number;
}

const [command, host = "", portText = "", plan = "{}"] = process.argv.slice(2);
const port = Number(portText);

/** Datagrams between two pauses, so that the node's socket can keep up. */
const burst = 50;

/** Connections open at once. */
const streamsAtOnce = 16;

/** How long one connection may stay open after its last byte. */
const lingerMs = 50;

/** A vector with a few bits or bytes changed, or its end cut off. */
function mutated(random: Random, samples: readonly Uint8Array[]): Uint8Array {
  const bytes = (random.pick(samples) as Uint8Array).slice();
  for (let flips = random.below(4); flips > 0; flips--) {
    const at = random.below(bytes.length);
    bytes[at] = random.chance(0.8) ? (bytes[at] as number) ^ (1 << random.below(8)) : random.below(256);
  }
  return random.chance(0.4) ? bytes.subarray(0, random.below(bytes.length + 1)) : bytes;
}

const samplesOf = (transport: string): Uint8Array[] =>
  vectorsOf(transport).flatMap(({ hex }) => (hex === undefined ? [] : [bytesOf(hex)]));

const pause = (durationMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, durationMs));

async function sendDatagrams(random: Random, count: number): Promise<void> {
  const samples = samplesOf("udp");
  const socket = createSocket("udp4");
  socket.on("error", () => {});
  try {
    for (let sent = 0; sent < count; sent++) {
      const bytes = mutated(random, samples);
      await new Promise<void>((resolve) => socket.send(bytes, port, host, () => resolve()));
      if (sent % burst === 0) await pause(2);
    }
  } finally {
    socket.close();
  }
}

/** Writes the bytes in two pieces, waits a moment, and hangs up: politely or not. */
function sendStream(random: Random, samples: readonly Uint8Array[]): Promise<void> {
  const bytes = mutated(random, samples);
  const at = random.below(bytes.length + 1);
  const isPolite = random.chance(0.5);
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.on("error", () => {});
    socket.once("close", () => resolve());
    socket.once("connect", () => {
      socket.write(bytes.subarray(0, at));
      socket.write(bytes.subarray(at));
      if (isPolite) socket.end();
      setTimeout(() => socket.destroy(), lingerMs);
    });
    socket.resume();
  });
}

async function sendStreams(random: Random, count: number): Promise<void> {
  const samples = samplesOf("tcp");
  let left = count;
  const work = async (): Promise<void> => {
    while (left-- > 0) await sendStream(random, samples);
  };
  await Promise.all(Array.from({ length: streamsAtOnce }, work));
}

function askState(): void {
  const socket = connect(port, host);
  const reader = new StreamReader(undefined, "dialled");
  socket.on("data", (chunk) => {
    const scan = reader.push(new Uint8Array(chunk as Uint8Array));
    if (scan?.type !== "message" || scan.message.type !== "push-pull") return;
    for (const { alive, state } of scan.message.nodes) {
      console.log(JSON.stringify({ name: alive.node, address: toHex(alive.address), state }));
    }
    socket.destroy();
  });
  socket.write(encodePushPull({ type: "push-pull", join: false, nodes: [], userState: new Uint8Array(0) }));
}

if (command === "state") askState();
else {
  const { seed, datagrams, streams } = JSON.parse(plan) as FuzzPlan;
  await sendDatagrams(new Random(`${seed} udp`), datagrams);
  await sendStreams(new Random(`${seed} tcp`), streams);
}

// topics: discovery
// timeout: 300
// slow
/** Whole nodes in a cluster that is fed hostile input: they go on, and nobody healthy is failed or lost by it. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random, toBytes } from "../../src/base/mod.ts";
import { Envelope } from "../../src/gossip/envelope.ts";
import { encodeMessage, encodePushPull } from "../../src/gossip/wire.ts";
import { systemCipher } from "../../src/io/cipher.ts";
import { encodeSerfMessage } from "../../src/membership/messages.ts";
import { encodeTags } from "../../src/membership/mod.ts";
import { alive } from "../gossip/lone_node.ts";
import { fuzzRegressions } from "../vectors/fuzz_regressions.ts";
import { bytesOf, vectorsOf } from "../vectors/serf_vectors.ts";
import { AttackedCluster } from "./attacked_cluster.ts";
import { mutated } from "./fuzzing.ts";

/** Inputs of one cluster. */
const rounds = "Bun" in globalThis ? 20_000 : 4_000;

const seed = process.env["FUZZ_SEED"] ?? "1";

const noBytes = new Uint8Array(0);
const packets = vectorsOf("udp").flatMap(({ hex, key_hex, label }) =>
  hex !== undefined && key_hex === undefined && label === undefined ? [bytesOf(hex)] : [],
);
const inner = vectorsOf("inner").flatMap(({ hex, name }) =>
  hex !== undefined && (name.startsWith("serf_") || name.startsWith("msg_")) ? [bytesOf(hex)] : [],
);
const streams = [
  ...vectorsOf("tcp").flatMap(({ hex, key_hex, label }) =>
    hex !== undefined && key_hex === undefined && label === undefined ? [bytesOf(hex)] : [],
  ),
  encodePushPull({
    ...{ type: "push-pull", join: true },
    nodes: [{ alive: { ...alive("b"), port: 7002, meta: encodeTags(new Map([["x", "y"]])) }, state: "suspect" }],
    userState: encodeSerfMessage({
      ...{ type: "state", lamport: 3, eventLamport: 4, queryLamport: 5, leftMembers: ["c"] },
      statusLamports: new Map([["b", 2]]),
      events: [{ lamport: 3, name: "e", payload: noBytes }],
    }),
  }),
];

for (const [kind, key] of [
  ["in the open", undefined],
  ["behind a key", toBytes("0123456789abcdef")],
] as const) {
  test(`a cluster ${kind} that is fed ${rounds} hostile inputs is as good afterwards as before`, () => {
    const random = new Random(`${seed} machine ${kind}`);
    const encryption = key && { cipher: systemCipher, keys: [key] };
    const attacked = new AttackedCluster(`${seed} fuzz`, { encryption }, ["a", "b", "c", "d"]);
    const envelope = new Envelope(encryption === undefined ? {} : { encryption });
    const samples = [...packets, ...inner, ...attacked.nodes.map(({ name }) => encodeMessage(alive(name)))];
    const startBytes = process.memoryUsage().rss;
    for (let round = 0; round < rounds; round++) {
      const node = attacked.nodes[random.below(attacked.nodes.length)] ?? attacked.first;
      if (random.below(8) === 0) attacked.stream(node, sealed(random, mutated(random, streams), envelope, "stream"));
      else attacked.datagram(node, sealed(random, mutated(random, samples), envelope, "packet"));
      if (round % 100 === 0) attacked.cluster.run(200);
    }
    for (const { hex } of fuzzRegressions) attacked.datagram(attacked.first, bytesOf(hex));
    const grownBytes = process.memoryUsage().rss - startBytes;
    assert.ok(grownBytes < 300_000_000, `${grownBytes} bytes more in use`);
    for (const { machine } of attacked.nodes) {
      const { queues, lamport } = machine.counters;
      for (const depth of Object.values(queues)) assert.ok(depth <= 4_096, `${depth} messages wait`);
      for (const time of Object.values(lamport)) assert.ok(time < 2 ** 40, `a clock at ${time}`);
    }
    // Without a key a flipped bit may make a true accusation of a message, or a claim to a name that was just accused:
    // both are believed until who is meant contradicts them, or until the false place is found empty.
    attacked.cluster.run(240_000);
    for (const observer of attacked.nodes) {
      for (const { name } of attacked.nodes) {
        const status = observer.machine.member(name)?.status;
        // A leave told in a state is nobody's intent to contradict: Serf's agents believe it the same way.
        assert.ok(status === "alive" || status === "leaving", `${name} is ${status} at ${observer.name}`);
      }
    }
    console.log(
      `\nreport: ${rounds} hostile inputs to a cluster ${kind}, ${grownBytes >> 20} MB grown, all alive after`,
    );
  });
}

/** Half of what goes to nodes with a key is sealed with it: what does not open gets no further. */
function sealed(random: Random, plain: Uint8Array, envelope: Envelope, kind: "packet" | "stream"): Uint8Array {
  if (!envelope.keyring.isEnabled || random.below(2) === 0) return plain;
  return kind === "packet" ? envelope.sealPacket(plain) : (envelope.sealRequest(plain) ?? plain);
}

test.run();

// timeout: 240
// alone
// slow
/** Kills a node with kill -9 at random moments under produce load: what it acknowledged is there, in order, once. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/base/mod.ts";
import { connect, type SendAck } from "../../src/client/mod.ts";
import { type NodeProcess, NodeProcesses } from "./processes.ts";

/** `npm run crash -- kills` goes the whole way; here each runtime shows that nothing about it is its own. */
const rounds = "Bun" in globalThis ? 15 : 8;
const seed = process.env["SEED"] ?? String(Math.floor(Math.random() * 1e9));
const sendsInFlight = 200;

/** What was acknowledged, by `writer/sequence`. */
type Acknowledged = Map<string, string>;

test(`a node killed ${rounds} times under load holds everything that it acknowledged, in order, once (SEED=${seed})`, async () => {
  const random = new Random(seed);
  await using nodes = await NodeProcesses.create();
  const acknowledged: Acknowledged = new Map();
  let unanswered = 0;
  for (let round = 0; round < rounds; round++) {
    const node = await nodes.start("victim");
    await checkNode(node, acknowledged);
    unanswered += await produceUntilKilled(node, { round, killAfterMs: random.between(5, 400), acknowledged });
  }
  const stored = await checkNode(await nodes.start("victim"), acknowledged);
  console.log(
    `\nreport: ${rounds} rounds: ${acknowledged.size} acknowledged, ${unanswered} unanswered of which ${stored - acknowledged.size} were stored, 0 lost, 0 repeated`,
  );
  assert.ok(acknowledged.size > rounds);
});

/** Produces as fast as answers come; returns how many sends were never answered. */
async function produceUntilKilled(
  node: NodeProcess,
  options: { readonly round: number; readonly killAfterMs: number; readonly acknowledged: Acknowledged },
): Promise<number> {
  // Each failure is to be seen: nothing is sent again.
  await using client = connect(node.rpcUrl, { failover: false });
  const producer = client.producer("crash");
  let killed = false;
  let unanswered = 0;
  let number = 0;
  const remember = (ack: SendAck, value: string) => options.acknowledged.set(`${ack.writer}/${ack.sequence}`, value);
  const sender = async (): Promise<void> => {
    while (!killed) {
      const value = `${options.round}-${number++}`;
      try {
        remember(await producer.send({ value }), value);
      } catch {
        // Killed meanwhile: whether it was stored is what recovery decides.
        unanswered++;
        return;
      }
    }
  };
  const senders = Array.from({ length: sendsInFlight }, sender);
  await new Promise((resolve) => setTimeout(resolve, options.killAfterMs));
  await node.end("SIGKILL");
  killed = true;
  await Promise.all(senders);
  return unanswered;
}

/** Reads everything; throws when something acknowledged is missing or altered, repeated or out of order. */
async function checkNode(node: NodeProcess, acknowledged: Acknowledged): Promise<number> {
  await using client = connect(node.rpcUrl);
  const held = new Map<string, string>();
  const lastSequence = new Map<string, number>();
  const values = new Set<string>();
  let lastOffset = -1;
  if (!(await client.topics()).some((topic) => topic.name === "crash")) return 0;
  for await (const record of client.consume("crash", { from: "earliest", follow: false })) {
    assert.is(record.sequence, (lastSequence.get(record.writer) ?? 0) + 1);
    assert.ok(record.offset > lastOffset);
    assert.not(values.has(record.text()), `${record.text()} stands there twice`);
    lastSequence.set(record.writer, record.sequence);
    lastOffset = record.offset;
    values.add(record.text());
    held.set(`${record.writer}/${record.sequence}`, record.text());
  }
  for (const [position, value] of acknowledged) assert.is(held.get(position), value, `acknowledged ${position}`);
  return held.size;
}

test.run();

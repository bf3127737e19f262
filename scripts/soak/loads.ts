/** What comes and goes at a node: each load opens something, uses it and closes it again. */
import { createSocket } from "node:dgram";
import { decode, encode } from "dns-packet";
import { connect as connectPage } from "../../src/client/browser.ts";
import { connect } from "../../src/client/mod.ts";
import type { SoakNodeFacts } from "./node_process.ts";

/** One round of it by one of several workers. Rejects when anything went wrong. */
export type Load = (node: SoakNodeFacts, turn: { readonly round: number; readonly worker: number }) => Promise<void>;

export const soakTopic = "soak";
const recordsPerRound = 20;
/** Names that come again and again: what a registry keeps of those that are gone is bounded by how many there are. */
const serviceIdsCount = 10;
/** As resolvers do: a datagram may be lost, and a node busy. */
const dnsTriesMax = 3;
const dnsAnswerMsMax = 2_000;
const streamMs = 200;

/** A program that connects, produces, consumes from the end of what it knows, and goes. */
const clients: Load = async ({ rpcUrl }) => {
  await using client = connect(rpcUrl);
  await using producer = client.producer(soakTopic);
  const sends = Array.from({ length: recordsPerRound }, (_, index) => producer.send({ value: `record ${index}` }));
  const acks = await Promise.all(sends);
  await read(client.consume(soakTopic, { from: (acks[0] as { offset: number }).offset }), recordsPerRound);
};

/** A page: streams over fetch that somebody reads a little of, and leaves open for a moment. */
const pages: Load = async ({ rpcUrl }) => {
  const client = connectPage(rpcUrl);
  const leaving = AbortSignal.timeout(streamMs);
  await client.produce(soakTopic, { value: "from a page" });
  for await (const _ of client.consume(soakTopic, { from: "latest", signal: leaving })) break;
  client.close();
};

/** A page that is gone in the middle of an answer, without a word. */
const lostPages: Load = async ({ rpcUrl }) => {
  const controller = new AbortController();
  const body = new TextEncoder().encode(JSON.stringify({ topic: soakTopic, earliest: true }));
  const request = new Uint8Array(5 + body.length);
  new DataView(request.buffer).setUint32(1, body.length);
  request.set(body, 5);
  const response = await fetch(`${rpcUrl}/log.v1.Log/ConsumeStream`, {
    method: "POST",
    headers: { "content-type": "application/connect+json", "connect-protocol-version": "1" },
    body: request,
    signal: controller.signal,
  });
  await response.body?.getReader().read();
  controller.abort();
};

const services: Load = async ({ rpcUrl }, { round, worker }) => {
  await using client = connect(rpcUrl, { failover: false });
  const id = `soaked-${worker}-${round % serviceIdsCount}`;
  const checks = [{ type: "ttl", ttlMs: 60_000 }] as const;
  await client.services.register({ name: "soaked", id, address: "127.0.0.1", port: 8_080, tags: ["soak"], checks });
  // It is critical until somebody reports.
  const found = await client.services.lookUp({ name: "soaked", states: ["passing", "critical"] });
  if (!found.some((instance) => instance.id === id)) throw new Error(`${id} was registered, and is not found`);
  await client.services.report(id, { state: "passing" });
  await client.services.deregister(id);
};

const watches: Load = async ({ rpcUrl }) => {
  await using client = connect(rpcUrl);
  const signal = AbortSignal.timeout(streamMs);
  const drain = async (events: AsyncIterable<unknown>): Promise<void> => {
    for await (const _ of events);
  };
  await Promise.all([drain(client.watchMembers({ signal })), drain(client.services.watch({}, { signal }))]);
};

const dns: Load = async (node, { round }) => {
  const name = round % 2 === 0 ? "soaked.node.grapevine" : "soaked.service.grapevine";
  for (let tries = 1; !(await isAnswered(node, name, round & 0xffff)); tries++) {
    if (tries === dnsTriesMax) throw new Error(`Nobody answers about ${name}`);
  }
};

/** Asks once; false when no answer comes. */
async function isAnswered({ dnsAddress }: SoakNodeFacts, name: string, id: number): Promise<boolean> {
  const [host, port] = dnsAddress.split(":") as [string, string];
  const socket = createSocket("udp4");
  try {
    const query = encode({ type: "query", id, questions: [{ type: "A", class: "IN", name }] });
    const answer = await new Promise<Uint8Array | undefined>((resolve, reject) => {
      const impatience = setTimeout(() => resolve(undefined), dnsAnswerMsMax);
      socket.once("message", (bytes) => {
        clearTimeout(impatience);
        resolve(bytes);
      });
      socket.once("error", reject);
      socket.send(query, Number(port), host);
    });
    if (answer === undefined) return false;
    if (decode(answer as Buffer).id !== id) throw new Error("The answer is to another question");
    return true;
  } finally {
    socket.close();
  }
}

export const loads: Readonly<Record<string, Load>> = { clients, pages, lostPages, services, watches, dns };

async function read(records: AsyncIterable<unknown>, count: number): Promise<void> {
  let taken = 0;
  for await (const _ of records) if (++taken === count) return;
}

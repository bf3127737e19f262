/** What comes and goes at a node: each load opens something, uses it and closes it again. */
import { connect as connectPage } from "../../src/client/browser.ts";
import { connect } from "../../src/client/mod.ts";
import { askDns } from "./dns_queries.ts";
import type { SoakNodeFacts } from "./node_process.ts";

/** One round of it by one of several workers. Rejects when anything went wrong. */
export type Load = (node: SoakNodeFacts, turn: { readonly round: number; readonly worker: number }) => Promise<void>;

export const soakTopic = "soak";
/** Of more bytes than a connection takes in at once. */
export const largeTopic = "large";
/** Memory is judged here, not time: on a busy machine an answer takes as long as it takes. */
export const patience = { timeoutMs: 60_000 } as const;
const recordsPerRound = 20;
/** Names that come again and again: what a node keeps of those that are gone is bounded by how many there are. */
export const namesCount = 10;
const streamMs = 200;

/** A program that connects, produces, consumes from the end of what it knows, and goes. */
const clients: Load = async ({ rpcUrl }) => {
  await using client = connect(rpcUrl, patience);
  await using producer = client.producer(soakTopic);
  const sends = Array.from({ length: recordsPerRound }, (_, index) => producer.send({ value: `record ${index}` }));
  const acks = await Promise.all(sends);
  await read(client.consume(soakTopic, { from: (acks[0] as { offset: number }).offset }), recordsPerRound);
};

/** A page: streams over fetch that somebody reads a little of, and leaves open for a moment. */
const pages: Load = async ({ rpcUrl }) => {
  const client = connectPage(rpcUrl, patience);
  const leaving = AbortSignal.timeout(streamMs);
  await client.produce(soakTopic, { value: "from a page" });
  for await (const _ of client.consume(soakTopic, { from: "latest", signal: leaving })) break;
  client.close();
};

const services: Load = async ({ rpcUrl }, { round, worker }) => {
  await using client = connect(rpcUrl, { failover: false, ...patience });
  const id = `soaked-${worker}-${round % namesCount}`;
  const checks = [{ type: "ttl", ttlMs: 60_000 }] as const;
  await client.services.register({ name: "soaked", id, address: "127.0.0.1", port: 8_080, tags: ["soak"], checks });
  // It is critical until somebody reports.
  const found = await client.services.lookUp({ name: "soaked", states: ["passing", "critical"] });
  if (!found.some((instance) => instance.id === id)) throw new Error(`${id} was registered, and is not found`);
  await client.services.report(id, { state: "passing" });
  await client.services.deregister(id);
};

const watches: Load = async ({ rpcUrl }) => {
  await using client = connect(rpcUrl, patience);
  const signal = AbortSignal.timeout(streamMs);
  const drain = async (events: AsyncIterable<unknown>): Promise<void> => {
    for await (const _ of events);
  };
  await Promise.all([drain(client.watchMembers({ signal })), drain(client.services.watch({}, { signal }))]);
};

/** Topics that are created, used and deleted: each time another generation of the same few names. */
const topics: Load = async ({ rpcUrl }, { round, worker }) => {
  await using client = connect(rpcUrl, patience);
  const name = `passing-${worker}-${round % namesCount}`;
  await client.createTopic(name);
  await client.produce(name, { value: "for a moment" });
  await client.deleteTopic(name);
};

const dns: Load = (node, { round }) =>
  askDns(node, round % 2 === 0 ? "soaked.node.grapevine" : "soaked.service.grapevine", round & 0xffff);

export const loads: Readonly<Record<string, Load>> = { clients, pages, services, watches, topics, dns };

async function read(records: AsyncIterable<unknown>, count: number): Promise<void> {
  let taken = 0;
  for await (const _ of records) if (++taken === count) return;
}

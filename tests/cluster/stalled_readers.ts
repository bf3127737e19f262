/** Readers who stop reading while a node goes on: what they cost it, and what they hear when they read on. */
import { once } from "node:events";
import net, { type Socket } from "node:net";
import { create, toBinary } from "@bufbuild/protobuf";
import * as assert from "uvu/assert";
import { type Consumer, connect, type Gap, type LogClient } from "../../src/client/mod.ts";
import { ConsumeRequestSchema } from "../../src/gen/log/v1/log_pb.ts";
import { ownHost } from "../own_host.ts";
import { NodeProcesses } from "./processes.ts";

const readersOfEach = 10;
const valueBytes = 10_000;
/** What the node keeps: readers who stall for longer are overtaken. */
const retentionBytes = 33_554_432;
const flags = {
  "--fsync": "interval",
  "--segment-bytes": "8388608",
  "--retention-bytes": String(retentionBytes),
};
/** What memory may grow by while the readers stall: nothing but what the collector has not looked at yet. */
const growthBytesMax = 100_000_000;

/** The body of a call for whole batches from the earliest on, with its envelope. */
export function consumeStreamBody(topic: string): Buffer {
  const start = { case: "earliest", value: true } as const;
  const request = toBinary(ConsumeRequestSchema, create(ConsumeRequestSchema, { topic, packed: true, start }));
  const envelope = Buffer.alloc(5);
  envelope.writeUInt32BE(request.length, 1);
  return Buffer.concat([envelope, request]);
}

/** Asks for a stream of whole batches by HTTP/1.1. What comes is the caller's to read, or not. */
export function consumeByHttp1(port: number, topic: string): Socket {
  const socket = net.connect(port, ownHost);
  const body = consumeStreamBody(topic);
  socket.on("error", () => {});
  socket.write("POST /log.v1.Log/ConsumeStream HTTP/1.1\r\nhost: x\r\ncontent-type: application/connect+proto\r\n");
  socket.write(`content-length: ${body.length}\r\n\r\n`);
  socket.write(body);
  return socket;
}

/** A number that the node tells of itself. */
export async function metric(rpcUrl: string, name: string): Promise<number> {
  const text = await (await fetch(`${rpcUrl}/metrics`)).text();
  const value = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "m").exec(text)?.[1];
  if (value === undefined) throw new Error(`The node tells no ${name}`);
  return Number(value);
}

interface StalledReader {
  readonly consumer: Consumer;
  readonly client: LogClient;
  /** Records that it was told are gone. */
  missed: number;
  read: number;
}

async function openStalled(rpcUrl: string): Promise<StalledReader> {
  const client = connect(rpcUrl);
  const onGap = ({ from, to }: Gap): void => {
    reader.missed += to - from + 1;
  };
  const reader = { client, consumer: client.consume("t", { onGap }), missed: 0, read: 1 };
  assert.is((await reader.consumer.next()).done, false);
  return reader;
}

/** Produces so many bytes past readers who read nothing of it, then has these read on. */
export async function producePastStalledReaders(bytes: number): Promise<void> {
  await using nodes = await NodeProcesses.create();
  const node = await nodes.start("alpha", flags);
  await using client = connect(node.rpcUrl);
  const producer = client.producer("t");
  const value = new Uint8Array(valueBytes).fill(7);
  await producer.send({ value });
  const deaf: Socket[] = [];
  const stalled: StalledReader[] = [];
  for (let index = 0; index < readersOfEach; index++) {
    const socket = consumeByHttp1(Number(new URL(node.rpcUrl).port), "t");
    await once(socket, "readable");
    deaf.push(socket);
    stalled.push(await openStalled(node.rpcUrl));
  }
  const records = Math.ceil(bytes / valueBytes);
  const residentBytes: number[] = [];
  for (let sent = 1; sent < records; sent++) {
    void producer.send({ value });
    if (sent % 1_000 === 0) await producer.ready();
    if (sent % Math.ceil(records / 5) === 0) {
      residentBytes.push(await metric(node.rpcUrl, "process_resident_memory_bytes"));
    }
  }
  await producer.flush();
  const megabytes = residentBytes.map((resident) => Math.round(resident / 1e6)).join(", ");
  console.log(`${megabytes} MB of memory while ${bytes / 1e6} MB passed ${2 * readersOfEach} readers who stall`);
  const [settled = 0] = residentBytes;
  assert.ok((residentBytes.at(-1) as number) - settled < growthBytesMax, megabytes);
  await Promise.all(stalled.map((reader) => readOn(reader, records)));
  for (const socket of deaf) socket.destroy();
  assert.is(await node.end("SIGTERM"), 0);
}

/** Every record is read, or told as gone. */
async function readOn(reader: StalledReader, records: number): Promise<void> {
  while (reader.read + reader.missed < records) {
    const { done } = await reader.consumer.next();
    if (done) throw new Error("The stream ended");
    reader.read++;
  }
  assert.is(reader.read + reader.missed, records);
  assert.ok(reader.missed > 0, "retention overtook it");
  await reader.consumer.return();
  reader.client.close();
}

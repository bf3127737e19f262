/** Queries over UDP and TCP, as resolvers send them, and as nobody should. */
import { createSocket } from "node:dgram";
import { connect as connectTcp } from "node:net";
import { decode, encode } from "dns-packet";
import type { SoakNodeFacts } from "./node_process.ts";

/** As resolvers do: a datagram may be lost, and a node busy. */
const dnsTriesMax = 5;
const dnsAnswerMsMax = 2_000;
const malformedCount = 20;
const bytesMax = 600;

export async function askDns(node: SoakNodeFacts, name: string, id: number): Promise<void> {
  for (let tries = 1; !(await isAnswered(node, name, id)); tries++) {
    if (tries === dnsTriesMax) throw new Error(`Nobody answers about ${name}`);
  }
}

/** Asks once; false when no answer comes. */
async function isAnswered({ dnsAddress }: SoakNodeFacts, name: string, id: number): Promise<boolean> {
  const { host, port } = hostAndPort(dnsAddress);
  const socket = createSocket("udp4");
  try {
    return await new Promise<boolean>((resolve, reject) => {
      const impatience = setTimeout(() => resolve(false), dnsAnswerMsMax);
      // An answer to another question is one to whoever had this port before.
      socket.on("message", (bytes) => {
        if (decode(bytes).id !== id) return;
        clearTimeout(impatience);
        resolve(true);
      });
      socket.once("error", reject);
      socket.send(queryOf(name, id), port, host);
    });
  } finally {
    socket.close();
  }
}

/** Datagrams of random bytes and broken queries, and a connection that ends in the middle of one. */
export async function sendMalformedDns({ dnsAddress }: SoakNodeFacts): Promise<void> {
  const { host, port } = hostAndPort(dnsAddress);
  const socket = createSocket("udp4");
  try {
    for (let count = 0; count < malformedCount; count++) {
      const bytes = count % 2 === 0 ? randomBytes() : broken(queryOf("soaked.node.grapevine", count));
      await new Promise<void>((resolve) => socket.send(bytes, port, host, () => resolve()));
    }
  } finally {
    socket.close();
  }
  await new Promise<void>((resolve) => {
    const connection = connectTcp(port, host);
    connection.once("close", () => resolve());
    // The node may end it first.
    connection.on("error", () => {});
    connection.once("connect", () => connection.write(randomBytes(), () => connection.destroy()));
  });
}

function queryOf(name: string, id: number): Uint8Array {
  return encode({ type: "query", id, questions: [{ type: "A", class: "IN", name }] });
}

function randomBytes(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(1 + Math.floor(Math.random() * bytesMax)));
}

function broken(query: Uint8Array): Uint8Array {
  const bytes = query.slice(0, 1 + Math.floor(Math.random() * query.length));
  const at = Math.floor(Math.random() * bytes.length);
  bytes[at] = Math.floor(Math.random() * 256);
  return bytes;
}

function hostAndPort(address: string): { readonly host: string; readonly port: number } {
  const [host, port] = address.split(":") as [string, string];
  return { host, port: Number(port) };
}

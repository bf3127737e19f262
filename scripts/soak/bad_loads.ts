/** What comes to a node and is wrong: each load expects that it is refused, or leaves in the middle, and that nothing stays. */
import http2 from "node:http2";
import { connect as connectTcp, createServer, type Server } from "node:net";
import { ClientError, connect } from "../../src/client/mod.ts";
import { sendMalformedDns } from "./dns_queries.ts";
import { type Load, largeTopic, namesCount, patience, soakTopic } from "./loads.ts";

const slowMs = 300;
/** More than a node lets one connection open, and one page follow. */
const streamsCount = 1_010;
const subscriptionsCount = 257;
/** Within this the first run of a check begins, and hangs. */
const firstRunMs = 1_200;
/** The streams of many cost much: between rounds others have their turn. */
const manyStreamsPauseMs = 2_000;

const jsonStream = { "content-type": "application/connect+json", "connect-protocol-version": "1" };

/** A page that is gone in the middle of an answer, without a word. */
const lostPages: Load = async ({ rpcUrl }, { round }) => {
  const calls = [
    ["log.v1.Log/ConsumeStream", { topic: soakTopic, earliest: true }],
    ["grapevine.v1.Cluster/WatchMembers", {}],
    ["grapevine.v1.Registry/WatchServices", {}],
    ["grapevine.v1.Page/Follow", { subscriptions: [{ id: 1, members: {} }] }],
  ] as const;
  const [path, request] = calls[round % calls.length] as (typeof calls)[number];
  const controller = new AbortController();
  const { signal } = controller;
  const init = { method: "POST", headers: jsonStream, body: envelopeOf(request), signal };
  const response = await fetch(`${rpcUrl}/${path}`, init);
  await response.body?.getReader().read();
  controller.abort();
};

/** The same id again and again, from several at once; what makes no sense; what nobody registered. */
const duplicateIds: Load = async ({ rpcUrl }, { worker }) => {
  await using client = connect(rpcUrl, { failover: false, ...patience });
  const id = `twice-${worker}`;
  const ports = [8_001, 8_002, 8_003];
  await Promise.all(ports.map((port) => client.services.register({ name: "twice", id, port })));
  await refused("a port out of range", client.services.register({ name: "far", port: 70_000 }));
  const command = ["no-such-command"];
  await refused(
    "a program",
    client.services.register({ name: "runs", port: 1, checks: [{ type: "command", command }] }),
  );
  // Whether the id of another service is taken over or refused is the registry's to say.
  await client.services.register({ name: "another", id, port: 1 }).catch(expectRefusal);
  await client.services.deregister(id);
  await refused("the second time", client.services.deregister(id));
};

/** Services whose checks hang in a server that takes connections and says nothing, and which are gone before they end. */
const hangingChecks: Load = async ({ rpcUrl }, { round, worker }) => {
  await using client = connect(rpcUrl, { failover: false, ...patience });
  const address = `127.0.0.1:${await portOfSilence()}`;
  const id = `hangs-${worker}-${round % namesCount}`;
  const timing = { intervalMs: 5_000, timeoutMs: 5_000 };
  const checks = [
    { type: "http", url: `http://${address}/`, ...timing },
    { type: "grpc", address, ...timing },
    // Nobody listens there.
    { type: "tcp", address: "127.0.0.1:1", ...timing },
  ] as const;
  await client.services.register({ name: "hangs", id, port: 1, checks });
  await pause(firstRunMs);
  await client.services.deregister(id);
};

const malformedDns: Load = (node) => sendMalformedDns(node);

/** Pages of origins that may call and of others that may not, each of them a new one. */
const origins: Load = async ({ rpcUrl }, { round }) => {
  const url = `${rpcUrl}/log.v1.Log/GetServers`;
  const call = async (origin: string, method: "POST" | "OPTIONS"): Promise<number> => {
    const headers = { origin, "content-type": "application/json", "access-control-request-method": "POST" };
    const response = await fetch(url, { method, headers, ...(method === "POST" && { body: "{}" }) });
    await response.arrayBuffer();
    return response.status;
  };
  for (const method of ["OPTIONS", "POST"] as const) {
    expectStatus(await call(`https://${round}.example`, method), 403);
    expectStatus(await call(`http://localhost:${1 + (round % 65_535)}`, method), method === "POST" ? 200 : 204);
  }
};

/** Requests that no client of ours sends. */
const malformedCalls: Load = async ({ rpcUrl }) => {
  const json = { "content-type": "application/json" };
  const post = async (path: string, headers: Record<string, string>, body: string | Uint8Array<ArrayBuffer>) => {
    const response = await fetch(`${rpcUrl}/${path}`, { method: "POST", headers, body });
    await response.arrayBuffer();
    return response.status;
  };
  const random = crypto.getRandomValues(new Uint8Array(200));
  expectStatus(await post("log.v1.Log/Produce", { "content-type": "application/proto" }, random), 400);
  expectStatus(await post("log.v1.Log/Produce", json, "{"), 400);
  expectStatus(await post("log.v1.Log/Produce", json, JSON.stringify({ topic: "a/b", record: { value: "" } })), 400);
  expectStatus(await post("log.v1.Log/Produce", { "content-type": "text/plain" }, "x"), 415);
  expectStatus(await post("log.v1.Log/NoSuchCall", json, "{}"), 404);
  expectStatus(await post("log.v1.Log/Consume", json, JSON.stringify({ topic: soakTopic, offset: "999999999" })), 400);
  for (const text of [
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnonsense, nonsense",
    "GET / HTT",
    "\u0000\u0001\u0002\r\n\r\n",
  ]) {
    await sendRaw(rpcUrl, text, 0);
  }
};

/** A connection with more streams than it may have, and a page that follows more than it may. */
const manyStreams: Load = async ({ rpcUrl }, { worker }) => {
  if (worker > 0) return pause(manyStreamsPauseMs);
  const subscriptions = Array.from({ length: subscriptionsCount }, (_, index) => ({ id: 1 + index, members: {} }));
  const body = envelopeOf({ subscriptions });
  const response = await fetch(`${rpcUrl}/grapevine.v1.Page/Follow`, { method: "POST", headers: jsonStream, body });
  if (!(await response.text()).includes("257 subscriptions")) throw new Error("257 subscriptions were not refused");
  const session = http2.connect(rpcUrl);
  session.on("error", () => {});
  const request = envelopeOf({});
  const path = "/grapevine.v1.Cluster/WatchMembers";
  for (let count = 0; count < streamsCount; count++) {
    const stream = session.request({ ":method": "POST", ":path": path, ...jsonStream });
    stream.on("error", () => {});
    stream.on("data", () => {});
    stream.end(request);
  }
  await pause(slowMs);
  session.destroy();
  await pause(manyStreamsPauseMs);
};

/** Somebody who asks for much and takes nothing of it. */
const slowReaders: Load = async ({ rpcUrl }) => {
  const body = Buffer.from(envelopeOf({ topic: largeTopic, earliest: true }));
  const head = [
    "POST /log.v1.Log/ConsumeStream HTTP/1.1",
    "host: soaked",
    ...Object.entries(jsonStream).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${body.length}`,
  ];
  await sendRaw(rpcUrl, `${head.join("\r\n")}\r\n\r\n${body.toString("latin1")}`, slowMs);
};

export const badLoads: Readonly<Record<string, Load>> = {
  ...{ lostPages, duplicateIds, hangingChecks, malformedDns, origins, malformedCalls, manyStreams, slowReaders },
};

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

/** One message of a stream in JSON. */
function envelopeOf(message: object): Uint8Array<ArrayBuffer> {
  const body = new TextEncoder().encode(JSON.stringify(message));
  const envelope = new Uint8Array(5 + body.length);
  new DataView(envelope.buffer).setUint32(1, body.length);
  envelope.set(body, 5);
  return envelope;
}

/** Writes bytes, reads nothing, and is gone after so long. */
function sendRaw(rpcUrl: string, text: string, staysMs: number): Promise<void> {
  const { hostname, port } = new URL(rpcUrl);
  return new Promise((resolve) => {
    const socket = connectTcp(Number(port), hostname);
    socket.pause();
    // The node may end it first.
    socket.on("error", () => {});
    socket.once("close", () => resolve());
    socket.once("connect", () => socket.write(text, "latin1", () => setTimeout(() => socket.destroy(), staysMs)));
  });
}

async function refused(what: string, call: Promise<unknown>): Promise<void> {
  const error = await call.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  if (error === undefined) throw new Error(`${what} was not refused`);
  expectRefusal(error);
}

function expectRefusal(error: unknown): void {
  if (!(error instanceof ClientError)) throw error;
}

function expectStatus(status: number, expected: number): void {
  if (status !== expected) throw new Error(`The status is ${status}, expected is ${expected}`);
}

let silence: Promise<Server> | undefined;

/** Of a server that takes connections and never says anything; as long as this process runs. */
async function portOfSilence(): Promise<number> {
  silence ??= new Promise((resolve) => {
    const server = createServer((socket) => void socket.on("error", () => {}).resume());
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
  const address = (await silence).address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

import { once } from "node:events";
import http from "node:http";
import net, { type Socket } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/base/mod.ts";
import { Log } from "../../src/gen/log/v1/log_pb.ts";
import { listen } from "../../src/io/listener.ts";
import { BadListenAddressError, PortTakenError } from "../../src/io/listener_errors.ts";
import { GoawayFilter } from "../../src/io/listener_goaway.ts";
import { clientFor, protocols, serve, until } from "./serving.ts";

const handlers = {
  nodeHandler: () => {},
  fetchHandler: async () => new Response(null),
};

async function failureOfListen(host: string, port: number): Promise<unknown> {
  try {
    await using listener = await listen({ host, port, ...handlers });
    return `listens on ${listener.port}`;
  } catch (error) {
    return error;
  }
}

/** Opens a connection and sends these bytes. */
async function dial(port: number, bytes: Uint8Array | string): Promise<Socket> {
  const socket = net.connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(bytes);
  return socket;
}

test("listen() on a taken port says so", async () => {
  await using listener = await listen({ host: "127.0.0.1", port: 0, ...handlers });
  const error = await failureOfListen("127.0.0.1", listener.port);
  assert.instance(error, PortTakenError);
  assert.is((error as PortTakenError).message, `Cannot listen on 127.0.0.1:${listener.port}: the port is taken`);
  assert.is((error as PortTakenError).code, "PORT_TAKEN");
});

for (const [host, port] of [
  ["192.0.2.1", 0],
  ["no-such-host.invalid", 0],
  ["127.0.0.1", 70_000],
] as const) {
  test(`listen() on ${host}:${port} is a bad address`, async () => {
    const error = await failureOfListen(host, port);
    assert.instance(error, BadListenAddressError, String(error));
    assert.match((error as Error).message, new RegExp(`^Cannot listen on ${host}:${port}: `));
  });
}

test("one port answers HTTP/1.1 twice on a connection, and every protocol", async () => {
  await using serving = await serve();
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  for (let count = 0; count < 3; count++) {
    const text = await new Promise<string>((resolve, reject) => {
      const request = http.get(
        { port: serving.server.port, host: "127.0.0.1", path: "/healthz", agent },
        (response) => {
          let body = "";
          response.on("data", (part) => {
            body += part;
          });
          response.on("end", () => resolve(body));
        },
      );
      request.on("error", reject);
    });
    assert.is(text, "ok\n");
  }
  assert.is(serving.server.connectionCount, 1);
  agent.destroy();
  for (const protocol of protocols) await clientFor(Log, serving, protocol).listTopics({});
});

test("random bytes on the port cost their connection and nothing else", async () => {
  await using serving = await serve();
  const random = new Random(7);
  const sockets: Socket[] = [];
  for (let count = 0; count < 60; count++) {
    const noise = random.bytes(1 + random.below(2_000));
    const start =
      count % 3 === 0
        ? "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        : count % 3 === 1
          ? "POST /log.v1.Log/Produce HTTP/1.1\r\n"
          : "";
    const socket = await dial(serving.server.port, Buffer.concat([Buffer.from(start), noise]));
    sockets.push(socket);
    if (count % 2 === 0) socket.end();
  }
  for (const protocol of protocols) await clientFor(Log, serving, protocol).listTopics({});
  for (const socket of sockets) socket.destroy();
  await until(() => serving.server.connectionCount <= protocols.length, "their connections are closed");
});

for (const [name, bytes] of [
  ["nothing", ""],
  ["half a header", "GET / HTTP/1.1\r\nhost: x\r\n"],
  ["an HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
] as const) {
  test(`a connection that sends ${name} and then nothing is closed at its deadline`, async () => {
    await using serving = await serve({ firstHeadersMs: 100 });
    const socket = await dial(serving.server.port, bytes);
    socket.resume();
    const before = performance.now();
    await once(socket, "close");
    assert.ok(performance.now() - before < 3_000);
    await until(() => serving.server.connectionCount === 0, "it is forgotten");
  });
}

test("a connection whose headers came in time may take longer for the rest", async () => {
  await using serving = await serve({ firstHeadersMs: 100 });
  const body = '{"record":{"value":"aGVsbG8="}}';
  const head = `POST /log.v1.Log/Produce HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  const socket = await dial(serving.server.port, head);
  await new Promise((resolve) => setTimeout(resolve, 300));
  socket.write(body);
  const [answer] = (await once(socket, "data")) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1\.1 200 OK/);
  socket.destroy();
});

test("connections above the bound are closed at once", async () => {
  await using serving = await serve({ connectionsMax: 2 });
  const first = await dial(serving.server.port, "");
  const second = await dial(serving.server.port, "");
  const third = await dial(serving.server.port, "");
  third.resume();
  await once(third, "close");
  assert.is(serving.server.connectionCount, 2);
  first.destroy();
  second.destroy();
});

test("close() ends idle connections at once and busy ones within the grace", async () => {
  const serving = await serve();
  const idle = await dial(serving.server.port, "");
  const half = await dial(
    serving.server.port,
    "POST /log.v1.Log/Produce HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n",
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  for (const socket of [idle, half]) socket.resume();
  const closed = Promise.all([once(idle, "close"), once(half, "close")]);
  const before = performance.now();
  await Promise.all([serving.server.close(300), serving.server.close(300)]);
  assert.ok(performance.now() - before < 1_500, `${performance.now() - before} ms`);
  await closed;
  const refused = await dial(serving.server.port, "").then(
    () => "connected",
    () => "refused",
  );
  assert.is(refused, "refused");
});

test("GoawayFilter leaves out GOAWAY frames however the bytes are cut", async () => {
  const frame = (type: number, payload: string) =>
    Buffer.concat([Buffer.from([0, 0, payload.length, type, 0, 0, 0, 0, 1]), Buffer.from(payload)]);
  const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  const kept = Buffer.concat([preface, frame(4, ""), frame(0, "data"), frame(0, "more")]);
  const sent = Buffer.concat([
    preface,
    frame(4, ""),
    frame(7, "goodbye!"),
    frame(0, "data"),
    frame(7, ""),
    frame(0, "more"),
  ]);
  for (const size of [1, 2, 7, 24, 1_000]) {
    const filter = new GoawayFilter();
    const out: Buffer[] = [];
    filter.on("data", (part: Buffer) => out.push(part));
    for (let at = 0; at < sent.length; at += size) filter.write(sent.subarray(at, at + size));
    filter.end();
    await once(filter, "end");
    assert.is(Buffer.concat(out).toString("hex"), kept.toString("hex"), `cut into ${size}`);
  }
});

test.run();

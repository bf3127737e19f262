// timeout: 60
/** UDP and TCP on real sockets: one port, queries in any pieces, and an end to all that costs too much. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { concat, toText, viewOf } from "../../src/base/mod.ts";
import { DnsSockets, type DnsSocketsOptions } from "../../src/io/dns_sockets.ts";
import type { BadListenAddressError, PortTakenError } from "../../src/io/listener_errors.ts";

const host = "127.0.0.1";

function open(options: Partial<DnsSocketsOptions> = {}): Promise<DnsSockets> {
  const errors: Error[] = [];
  return DnsSockets.open({
    bind: { host, port: 0 },
    // As it came, with what it came over behind it; nothing for what is empty.
    answer: (query, over) => (query.length === 0 ? undefined : concat([query, new TextEncoder().encode(over)])),
    onError: (error) => errors.push(error),
    ...options,
  });
}

function framed(text: string): Uint8Array {
  const message = new TextEncoder().encode(text);
  const length = new Uint8Array(2);
  viewOf(length).setUint16(0, message.length);
  return concat([length, message]);
}

async function until(isSo: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 1_000 && !isSo(); attempt++) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(isSo());
}

/** A connection, and what came over it as messages. */
class Client {
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
  #bytes = new Uint8Array(0);
  #onBytes = (): void => {};

  constructor({ address }: DnsSockets, options: { readonly isPaused?: boolean } = {}) {
    this.socket = connect({ host: address.host, port: address.port, allowHalfOpen: true });
    this.socket.on("error", () => {});
    this.socket.on("end", () => this.socket.end());
    this.closed = new Promise((resolve) => this.socket.once("close", resolve));
    if (options.isPaused === true) return;
    this.socket.on("data", (bytes) => {
      this.#bytes = new Uint8Array(concat([this.#bytes, bytes as Uint8Array]));
      this.#onBytes();
    });
  }

  async next(): Promise<string> {
    for (;;) {
      const length = this.#bytes.length < 2 ? 0xffff : viewOf(this.#bytes).getUint16(0);
      if (this.#bytes.length >= length + 2) {
        const message = toText(this.#bytes.subarray(2, length + 2));
        this.#bytes = this.#bytes.slice(length + 2);
        return message;
      }
      await new Promise<void>((resolve) => {
        this.#onBytes = resolve;
      });
    }
  }
}

test("UDP and TCP are answered on the one port that was picked", async () => {
  await using sockets = await open();
  const udp = createSocket("udp4");
  const heard = once(udp, "message", { signal: AbortSignal.timeout(5_000) });
  udp.send("hello ", sockets.address.port, host);
  const [bytes] = (await heard) as [Uint8Array];
  udp.close();
  assert.is(toText(bytes), "hello udp");
  const client = new Client(sockets);
  client.socket.write(framed("hello "));
  assert.is(await client.next(), "hello tcp");
  client.socket.destroy();
});

test("an asker who is gone does not cost the next one its answer", async () => {
  await using sockets = await open();
  const udp = createSocket("udp4");
  await new Promise<void>((resolve) => udp.bind(0, host, resolve));
  for (let round = 0; round < 20; round++) {
    const gone = createSocket("udp4");
    await new Promise((resolve) => gone.send("gone", sockets.address.port, host, resolve));
    gone.close();
    await new Promise((resolve) => setImmediate(resolve));
    const heard = once(udp, "message", { signal: AbortSignal.timeout(5_000) });
    udp.send(`${round} `, sockets.address.port, host);
    const [bytes] = (await heard) as [Uint8Array];
    assert.is(toText(bytes), `${round} udp`);
  }
  udp.close();
});

test("queries in one piece and in pieces of a byte are answered in their order, also after the client's end", async () => {
  await using sockets = await open();
  const client = new Client(sockets);
  const texts = Array.from({ length: 100 }, (_, index) => `query ${index} `);
  client.socket.write(concat(texts.map(framed)));
  for (const text of texts) assert.is(await client.next(), `${text}tcp`);
  client.socket.setNoDelay(true);
  for (const byte of framed("slow ")) {
    client.socket.write(Uint8Array.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.is(await client.next(), "slow tcp");
  client.socket.end(concat(texts.map(framed)));
  for (const text of texts) assert.is(await client.next(), `${text}tcp`);
  await client.closed;
  await until(() => sockets.counters.connectionsOpen === 0);
});

test("a query that is too long, and bytes that are none, end their connection", async () => {
  await using sockets = await open();
  for (const bytes of [Uint8Array.of(0x10, 0x01), Uint8Array.of(0, 0), new Uint8Array(5_000).fill(0xff)]) {
    const client = new Client(sockets);
    client.socket.write(bytes);
    await client.closed;
  }
  await until(() => sockets.counters.connectionsMalformed === 3);
});

test("a connection without a whole query ends after a while, whatever trickles in", async () => {
  await using sockets = await open({ idleMs: 60 });
  const client = new Client(sockets);
  client.socket.write(Uint8Array.of(0));
  const trickle = setInterval(() => client.socket.write(Uint8Array.of(9)), 10);
  await client.closed;
  clearInterval(trickle);
  await until(() => sockets.counters.connectionsIdle === 1);
});

test("who does not read is not answered any further, and gets the rest by reading", async () => {
  let answered = 0;
  const answer = new Uint8Array(60_000);
  await using sockets = await open({
    answer: () => {
      answered++;
      return answer;
    },
  });
  const client = new Client(sockets, { isPaused: true });
  const count = 600;
  client.socket.write(concat(Array.from({ length: count }, () => framed("?"))));
  let before = -1;
  while (answered === 0 || answered !== before) {
    before = answered;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  // What the system keeps for both sides is several MiB.
  assert.ok(answered < count / 2, `${answered} were answered`);
  let bytes = 0;
  client.socket.on("data", (some) => {
    bytes += some.length;
  });
  await until(() => bytes === count * (answer.length + 2));
  assert.is(answered, count);
  client.socket.destroy();
});

test("more connections than are served at once are refused, and their end makes room", async () => {
  await using sockets = await open();
  const clients = Array.from({ length: 256 }, () => new Client(sockets));
  for (const client of clients) client.socket.write(framed("in "));
  for (const client of clients) assert.is(await client.next(), "in tcp");
  await new Client(sockets).closed;
  assert.is(sockets.counters.connectionsRefused, 1);
  clients[0]?.socket.destroy();
  await until(() => sockets.counters.connectionsOpen === 255);
  const late = new Client(sockets);
  late.socket.write(framed("late "));
  assert.is(await late.next(), "late tcp");
  await sockets[Symbol.asyncDispose]();
  await Promise.all([late, ...clients].map(({ closed }) => closed));
});

test("an address that cannot be had is told in words", async () => {
  await using sockets = await open();
  const refusal = async (address: { host: string; port: number }): Promise<unknown> =>
    open({ bind: address }).then(
      async (opened) => opened[Symbol.asyncDispose](),
      (error: unknown) => error,
    );
  assert.is(((await refusal(sockets.address)) as PortTakenError).code, "PORT_TAKEN");
  const elsewhere = (await refusal({ host: "192.0.2.1", port: 0 })) as BadListenAddressError;
  assert.is(elsewhere.code, "BAD_LISTEN_ADDRESS");
});

test("sockets for all addresses of both families answer IPv4", async () => {
  await using sockets = await open({ bind: { host: "::", port: 0 } });
  const udp = createSocket("udp4");
  const heard = once(udp, "message", { signal: AbortSignal.timeout(5_000) });
  udp.send("four ", sockets.address.port, host);
  const [bytes] = (await heard) as [Uint8Array];
  udp.close();
  assert.is(toText(bytes), "four udp");
});

test.run();

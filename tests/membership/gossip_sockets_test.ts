// topics: discovery
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openGossipSockets } from "../../src/io/gossip_sockets.ts";

const host = "127.0.0.1";

test("a datagram to nobody does not cost the next one its way", async () => {
  const gone = createSocket("udp4");
  await new Promise<void>((resolve) => gone.bind(0, host, resolve));
  const nobody = { host, port: gone.address().port };
  await new Promise<void>((resolve) => gone.close(() => resolve()));
  const hearer = createSocket("udp4");
  await new Promise<void>((resolve) => hearer.bind(0, host, resolve));
  const somebody = { host, port: hearer.address().port };
  const errors: Error[] = [];
  const sockets = await openGossipSockets({
    bind: { host, port: 0 },
    onInput: () => {},
    onError: (error) => errors.push(error),
  });
  try {
    for (let round = 0; round < 50; round++) {
      const heard = once(hearer, "message", { signal: AbortSignal.timeout(5_000) });
      sockets.perform({ type: "send", to: nobody, bytes: Uint8Array.of(0) });
      // The answer that nobody listens there takes a turn of the event loop.
      await new Promise((resolve) => setImmediate(resolve));
      sockets.perform({ type: "send", to: somebody, bytes: Uint8Array.of(round) });
      const [bytes] = (await heard) as [Uint8Array];
      assert.is(bytes[0], round);
    }
    assert.equal(errors, []);
  } finally {
    await sockets[Symbol.asyncDispose]();
    await new Promise<void>((resolve) => hearer.close(() => resolve()));
  }
});

test("sockets for all addresses of both families reach IPv4 over UDP and TCP, and are reached by it", async () => {
  const heard: string[] = [];
  let tell = (): void => {};
  const open = (name: string, bind: string) =>
    openGossipSockets({
      bind: { host: bind, port: 0 },
      onInput: (input) => {
        if ("from" in input) heard.push(`${name} ${input.type} ${input.from.host}`);
        tell();
      },
      onError: (error) => heard.push(`${name} ${error.message}`),
    });
  const four = await open("four", host);
  const both = await open("both", "::");
  try {
    both.perform({ type: "send", to: four.address, bytes: Uint8Array.of(1) });
    four.perform({ type: "send", to: { host, port: both.address.port }, bytes: Uint8Array.of(1) });
    both.perform({ type: "dial", stream: 1, to: four.address, timeoutMs: 5_000 });
    four.perform({ type: "dial", stream: 1, to: { host, port: both.address.port }, timeoutMs: 5_000 });
    const signal = AbortSignal.timeout(5_000);
    while (heard.length < 4 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        tell = resolve;
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
    assert.equal(heard.sort(), [
      `both datagram ${host}`,
      `both stream-accepted ${host}`,
      `four datagram ${host}`,
      `four stream-accepted ${host}`,
    ]);
  } finally {
    await both[Symbol.asyncDispose]();
    await four[Symbol.asyncDispose]();
  }
});

test("datagrams that the system does not take in time are given up and counted, and later ones go out again", async () => {
  const sockets = await openGossipSockets({ bind: { host, port: 0 }, onInput: () => {} });
  try {
    const send = (): void => sockets.perform({ type: "send", to: sockets.address, bytes: new Uint8Array(100) });
    for (let count = 0; count < 5_000; count++) send();
    assert.equal({ ...sockets.counters }, { sendsFailed: 0, sendsDropped: 5_000 - 4_096, streamsRefused: 0 });
    const deadlineMs = performance.now() + 20_000;
    for (let dropped = sockets.counters.sendsDropped; ; dropped = sockets.counters.sendsDropped) {
      send();
      if (sockets.counters.sendsDropped === dropped) break;
      assert.ok(performance.now() < deadlineMs, "nothing goes out any more");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  } finally {
    await sockets[Symbol.asyncDispose]();
  }
});

test.run();

import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/base/mod.ts";
import { EventQueue } from "../../src/testing/event_queue.ts";
import { type Faults, noFaults } from "../../src/testing/mod.ts";
import { Network, type Pipe, type PipeEnd } from "../../src/testing/network.ts";

/** A host that keeps what it hears. */
class TestHost {
  readonly name: string;
  life = 1;
  isRunning = true;
  isPaused = false;
  isHung = false;
  readonly heard: string[] = [];

  constructor(name: string) {
    this.name = name;
  }

  end(): PipeEnd<string> {
    return {
      host: this,
      receive: (message) => this.heard.push(message),
      closed: (error) => this.heard.push(`closed: ${error}`),
    };
  }
}

/** Two hosts and a stream between them. */
function twoHosts(faults: Partial<Faults> = {}, accepts = true) {
  const queue = new EventQueue();
  const room = { nowMs: 0, schedule: (atMs: number, run: () => void) => queue.push(atMs, run) };
  const network = new Network(room, new Random(1), { ...noFaults, latencyMs: [1, 50], ...faults });
  const client = new TestHost("client");
  const server = new TestHost("server");
  const dial = (): Pipe<string> =>
    network.connect(client.end(), () => server, { isRpc: true, accept: () => (accepts ? server.end() : undefined) });
  const run = (ms: number): void => {
    const endMs = room.nowMs + ms;
    while (queue.nextAtMs <= endMs) {
      room.nowMs = queue.nextAtMs;
      queue.pop()?.();
    }
    room.nowMs = endMs;
  };
  return { network, client, server, dial, run };
}

test("EventQueue runs by moment, and what is of one moment in the order of scheduling", () => {
  const random = new Random(3);
  const queue = new EventQueue();
  const expected = Array.from({ length: 500 }, (_, sequence) => ({ atMs: random.below(40), sequence }));
  const ran: { atMs: number; sequence: number }[] = [];
  for (const event of expected) queue.push(event.atMs, () => ran.push(event));
  while (queue.size > 0) queue.pop()?.();
  assert.is(queue.pop(), undefined);
  expected.sort((left, right) => left.atMs - right.atMs || left.sequence - right.sequence);
  assert.equal(ran, expected);
});

test("a stream keeps its order whatever the latency, and closes after what was sent", () => {
  const { client, server, dial, run } = twoHosts();
  const pipe = dial();
  const numbers = Array.from({ length: 30 }, (_, index) => String(index));
  let taken = 0;
  for (const number of numbers) pipe.send("client", number, () => taken++);
  pipe.close("client", "done");
  run(5_000);
  assert.equal(server.heard, [...numbers, "closed: done"]);
  assert.is(taken, 30);
  assert.equal(client.heard, []);
});

for (const obstacle of ["cut", "pause", "hang"] as const) {
  test(`a stream is held up by a ${obstacle} and goes on afterwards`, () => {
    const { network, server, dial, run } = twoHosts();
    if (obstacle === "cut") network.cut("client", "server");
    if (obstacle === "pause") server.isPaused = true;
    if (obstacle === "hang") server.isHung = true;
    dial().send("client", "hello");
    run(3_000);
    assert.equal(server.heard, []);
    network.healAll();
    server.isPaused = false;
    server.isHung = false;
    run(200);
    assert.equal(server.heard, ["hello"]);
  });
}

test("a client hears that nobody listens, or that the server is down", () => {
  for (const isDown of [true, false]) {
    const { client, server, dial, run } = twoHosts({}, false);
    server.isRunning = !isDown;
    dial().send("client", "hello");
    run(200);
    assert.equal(client.heard, ["closed: the connection broke"]);
  }
});

test("a server that crashed and told nobody is found out by what is sent to it, also in its next life", () => {
  const { client, server, dial, run } = twoHosts();
  const pipe = dial();
  pipe.send("client", "hello");
  run(200);
  server.life++;
  run(10_000);
  assert.equal(client.heard, []);
  pipe.send("client", "are you there?");
  run(200);
  assert.equal(client.heard, ["closed: the connection broke"]);
  assert.equal(server.heard, ["hello"]);
});

test("a stream that breaks is over for both", () => {
  const { client, server, dial, run } = twoHosts();
  const pipe = dial();
  pipe.send("client", "hello");
  run(200);
  assert.ok(pipe.isOpen);
  pipe.resetBy(server);
  pipe.send("client", "lost");
  run(200);
  assert.equal([client.heard, server.heard], [["closed: the connection broke"], ["hello"]]);
});

test("datagrams are lost, doubled and cut off as the faults say", () => {
  const rows: readonly { faults: Partial<Faults>; low: number; high: number }[] = [
    { faults: {}, low: 1_000, high: 1_000 },
    { faults: { datagramLoss: 0.5 }, low: 400, high: 600 },
    { faults: { datagramDuplication: 0.5 }, low: 1_400, high: 1_600 },
    { faults: { datagramLoss: 1 }, low: 0, high: 0 },
  ];
  for (const { faults, low, high } of rows) {
    const { network, run } = twoHosts(faults);
    let arrived = 0;
    for (let index = 0; index < 1_000; index++) network.datagram("client", "server", () => arrived++);
    run(1_000);
    assert.ok(arrived >= low && arrived <= high, `${arrived} of 1000 with ${JSON.stringify(faults)}`);
    network.cut("client", "server");
    network.datagram("client", "server", () => assert.unreachable("it was cut off"));
    run(1_000);
  }
});

test.run();

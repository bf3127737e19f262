import { Writable } from "node:stream";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { WriteQueue } from "../../src/io/write_queue.ts";

const large = 262_144;

/** A stream that takes an array only when it is told to. */
class SlowStream {
  readonly taken: Uint8Array[] = [];
  #take: ((error?: Error) => void) | undefined;
  readonly writable = new Writable({
    write: (bytes: Uint8Array, _encoding, taken) => {
      this.taken.push(bytes);
      this.#take = taken;
    },
  });

  constructor() {
    this.writable.on("error", () => {});
  }

  async take(error?: Error): Promise<void> {
    this.#take?.(error);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function filled(byte: number, length: number): Uint8Array {
  return new Uint8Array(length).fill(byte);
}

test("WriteQueue writes one array at a time, in order, and copies only small ones together", async () => {
  const stream = new SlowStream();
  const queue = new WriteQueue(stream.writable, () => {});
  const [first, second] = [filled(1, large), filled(2, large)];
  queue.write([filled(9, 5), first, filled(8, 20)], undefined);
  queue.write([filled(7, 5), filled(6, 6), second], undefined);
  for (let round = 0; round < 4; round++) await stream.take();
  const [head, one, between, two] = stream.taken;
  assert.equal([head?.length, between?.length], [5, 31]);
  assert.is(one?.buffer, first.buffer, "large arrays are not copied");
  assert.is(two?.buffer, second.buffer);
  assert.is(stream.taken.length, 4);
});

test("WriteQueue gives lent memory back when it was taken, and never when the stream broke off", async () => {
  const stream = new SlowStream();
  const queue = new WriteQueue(stream.writable, () => {});
  const givenBack: string[] = [];
  queue.write([filled(1, large)], () => givenBack.push("first"));
  queue.write([filled(2, large)], () => givenBack.push("second"));
  assert.equal(givenBack, []);
  await stream.take();
  assert.equal(givenBack, ["first"]);
  await stream.take(new Error("the caller went away"));
  assert.equal(givenBack, ["first"]);
});

test("WriteQueue gives memory that was lent in several arrays back once, when the last of them was taken", async () => {
  const stream = new SlowStream();
  const queue = new WriteQueue(stream.writable, () => {});
  const givenBack: string[] = [];
  queue.write([filled(1, large), filled(2, large)], () => givenBack.push("both"));
  await stream.take();
  assert.equal(givenBack, []);
  await stream.take();
  assert.equal(givenBack, ["both"]);
});

test("WriteQueue does not take lent memory back from a stream that was reset, which is told without an error", async () => {
  const stream = new SlowStream();
  const queue = new WriteQueue(stream.writable, () => {});
  const givenBack: string[] = [];
  queue.write([filled(1, large)], () => givenBack.push("first"));
  stream.writable.destroy();
  await stream.take();
  assert.equal(givenBack, []);
});

test("WriteQueue says when it is full and when there is room again", async () => {
  const stream = new SlowStream();
  let rooms = 0;
  const queue = new WriteQueue(stream.writable, () => rooms++);
  assert.ok(queue.write([filled(1, large)], undefined));
  assert.not(queue.write([filled(2, large)], undefined));
  assert.is(rooms, 0);
  await stream.take();
  assert.is(rooms, 1);
  await stream.take();
  assert.is(rooms, 1, "it was not full again");
});

test("WriteQueue ends after everything that was written", async () => {
  const stream = new SlowStream();
  const queue = new WriteQueue(stream.writable, () => {});
  let ended = false;
  queue.write([filled(1, large), filled(2, 3)], undefined);
  queue.end(() => {
    ended = true;
  });
  await stream.take();
  assert.not(ended);
  await stream.take();
  assert.ok(ended);
});

test.run();

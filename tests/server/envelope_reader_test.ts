import { test } from "uvu";
import * as assert from "uvu/assert";
import { concat, Random } from "../../src/base/mod.ts";
import { EnvelopeReader, envelopeOf } from "../../src/io/envelope_reader.ts";

function readAll(reader: EnvelopeReader): { flags: number; bytes: number[] }[] {
  const messages = [];
  for (let message = reader.next(); message !== undefined; message = reader.next()) {
    messages.push({ flags: reader.flags, bytes: [...message] });
  }
  return messages;
}

test("EnvelopeReader gives the same messages however the bytes are cut", () => {
  const random = new Random("envelopes");
  for (let round = 0; round < 200; round++) {
    const messages = Array.from({ length: random.between(0, 6) }, (_, index) => ({
      flags: index % 4,
      bytes: Array.from({ length: random.between(0, 40) }, () => random.between(0, 255)),
    }));
    const parts = messages.flatMap(({ flags, bytes }) => [envelopeOf(flags, bytes.length), Uint8Array.from(bytes)]);
    const whole = concat([new Uint8Array(0), ...parts]);
    const reader = new EnvelopeReader(1_000);
    const read = [];
    for (let at = 0; at < whole.length; ) {
      const end = Math.min(whole.length, at + random.between(1, 20));
      reader.push(whole.slice(at, end));
      read.push(...readAll(reader));
      at = end;
    }
    assert.equal(read, messages);
    assert.is(reader.cutOff, false);
  }
});

test("EnvelopeReader refuses a message that is too long by its envelope, before it came", () => {
  const reader = new EnvelopeReader(10);
  reader.push(envelopeOf(0, 11));
  assert.is(reader.next(), undefined);
  assert.is(reader.tooLong, 11);
  const longest = new EnvelopeReader(10);
  longest.push(envelopeOf(0, 0xffff_ffff));
  assert.is(longest.next(), undefined);
  assert.is(longest.tooLong, 0xffff_ffff);
});

test("EnvelopeReader knows when the bytes end within a message, or within its envelope", () => {
  for (const bytes of [Uint8Array.of(0), envelopeOf(0, 3), concat([envelopeOf(0, 3), Uint8Array.of(1, 2)])]) {
    const reader = new EnvelopeReader(10);
    reader.push(bytes);
    assert.is(reader.next(), undefined);
    assert.is(reader.cutOff, true);
  }
});

test("what EnvelopeReader gives shares no memory with what came", () => {
  const chunk = concat([envelopeOf(0, 2), Uint8Array.of(1, 2)]);
  const reader = new EnvelopeReader(10);
  reader.push(chunk);
  const message = reader.next() as Uint8Array;
  chunk.fill(9);
  assert.equal([...message], [1, 2]);
});

test.run();

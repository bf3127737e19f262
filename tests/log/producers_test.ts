/** What is known of producers, in memory and as a file, and the bounds of it. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { crc32, Random, writeProducerStamp } from "../../src/base/mod.ts";
import { dumpFile } from "../../src/log/mod.ts";
import { Producers, producerBatchesMax, producersMax } from "../../src/log/producers.ts";
import { decodeProducers, encodeProducers, type ProducersAt } from "../../src/log/producers_file.ts";
import { type BatchPlace, RecentBatches } from "../../src/log/recent_batches.ts";
import { SequenceSet, sequenceRangesMax } from "../../src/log/sequence_set.ts";
import { Twins, twinPlacesMax } from "../../src/log/twins.ts";
import { frameOf, seeds } from "./log_kit.ts";

const writer = "00000000000000aa";

function placeAt(sequence: number, count = 1, at = writer): BatchPlace {
  return { writer: at, baseSequence: sequence, offset: sequence - 1, count };
}

function idOf(number: number): string {
  return (number + 1).toString(16).padStart(16, "0");
}

test("SequenceSet holds exactly what was added, in whatever order and overlap", () => {
  for (const seed of seeds(50)) {
    const random = new Random(`sequences ${seed}`);
    const set = new SequenceSet();
    const naive = new Set<number>();
    for (let step = 0; step < 100; step++) {
      const first = random.between(1, 120);
      const last = first + random.below(6);
      const held = [];
      for (let sequence = first; sequence <= last; sequence++) if (naive.has(sequence)) held.push(sequence);
      const met = set.meets(first, last);
      const expected = held.length === 0 ? undefined : held.length === last - first + 1 ? "all" : "part";
      assert.is(met?.held, expected, `seed ${seed}, ${first} to ${last} in ${set.bounds}`);
      if (met !== undefined) {
        assert.ok(naive.has(met.range.first) && naive.has(met.range.last), "the range that is named is held");
        assert.not.ok(naive.has(met.range.first - 1) || naive.has(met.range.last + 1), "and is all of it");
      }
      if (random.below(2) === 0) continue;
      set.add(first, last);
      for (let sequence = first; sequence <= last; sequence++) naive.add(sequence);
    }
  }
});

test("SequenceSet forgets the lowest ranges beyond its bound, and names nothing held that was not added", () => {
  const set = new SequenceSet();
  for (let range = 0; range < sequenceRangesMax + 5; range++) set.add(10 * range + 1, 10 * range + 2);
  assert.is(set.bounds.length, 2 * sequenceRangesMax);
  assert.is(set.meets(1, 42), undefined);
  assert.is(set.meets(51, 52)?.held, "all");
  assert.is(set.meets(53, 60), undefined);
});

test("RecentBatches finds the newest, and forgets the oldest beyond the bound, also when that shrinks", () => {
  const batches = new RecentBatches();
  for (let sequence = 1; sequence <= 100; sequence++) {
    batches.push({ epoch: 1, sequence, count: 1 }, placeAt(sequence), 40);
  }
  assert.is(batches.length, 40);
  assert.is(batches.find({ epoch: 1, sequence: 60, count: 1 }), undefined);
  assert.equal(batches.find({ epoch: 1, sequence: 61, count: 1 }), placeAt(61));
  assert.is(batches.find({ epoch: 0, sequence: 61, count: 1 }), undefined);
  assert.is(batches.find({ epoch: 1, sequence: 61, count: 2 }), undefined);
  batches.push({ epoch: 1, sequence: 101, count: 1 }, placeAt(101), 10);
  assert.equal(
    [...batches].map(([{ sequence }]) => sequence),
    [92, 93, 94, 95, 96, 97, 98, 99, 100, 101],
  );
});

test("Twins knows all places of a batch from each of them, and forgets the oldest beyond its bound", () => {
  const twins = new Twins();
  const [a, b, c] = ["a", "b", "c"].map((letter) => placeAt(1, 2, letter.repeat(16))) as [
    BatchPlace,
    BatchPlace,
    BatchPlace,
  ];
  assert.ok(twins.add(a, b));
  assert.ok(twins.add(a, c));
  assert.not.ok(twins.add(b, c));
  assert.equal(twins.of(b.writer, 1), [a, c]);
  assert.is(twins.of(b.writer, 2), undefined);
  assert.equal([...twins.groups()], [[a, b, c]]);
  for (let sequence = 2; 2 * sequence <= twinPlacesMax + 2; sequence++) {
    twins.add(placeAt(sequence, 1, a.writer), placeAt(sequence, 1, b.writer));
  }
  assert.ok(twins.size <= twinPlacesMax);
  assert.is(twins.of(a.writer, 1), undefined);
  assert.is(twins.of(c.writer, 1), undefined);
});

test("the producer that was quiet longest is forgotten first, and then is one like any other", () => {
  const producers = new Producers();
  for (let number = 0; number < producersMax; number++) {
    producers.admit(placeAt(number + 1), { producer: idOf(number), epoch: 5, sequence: 1 });
  }
  producers.admit(placeAt(producersMax + 1), { producer: idOf(0), epoch: 5, sequence: 2 });
  producers.admit(placeAt(producersMax + 2), { producer: idOf(producersMax), epoch: 0, sequence: 1 });
  assert.is(producers.size, producersMax);
  assert.is(producers.judge({ producer: idOf(1), epoch: 0, sequence: 1 }, 1).type, "new");
  assert.is(producers.judge({ producer: idOf(0), epoch: 5, sequence: 1 }, 1).type, "duplicate");
  assert.is(producers.judge({ producer: idOf(2), epoch: 4, sequence: 1 }, 1).type, "fenced");
});

test("of a producer's batches the newest are told with their place, the others are held all the same", () => {
  const producers = new Producers();
  const stamp = { producer: idOf(1), epoch: 0 };
  for (let sequence = 1; sequence <= producerBatchesMax + 1; sequence++) {
    producers.admit(placeAt(sequence), { ...stamp, sequence });
  }
  assert.is(producers.judge({ ...stamp, sequence: 1 }, 1).type, "held");
  assert.equal(producers.judge({ ...stamp, sequence: 2 }, 1), { type: "duplicate", place: placeAt(2) });
});

function written(seed: number): ProducersAt {
  const random = new Random(`producers ${seed}`);
  const producers = new Producers();
  for (let sequence = 1; sequence <= 300; sequence++) {
    const at = random.below(3) === 0 ? writer : "00000000000000bb";
    const stamp = { producer: idOf(random.below(4)), epoch: random.below(2), sequence: random.between(1, 60) };
    producers.admit(placeAt(sequence, 1 + random.below(2), at), stamp);
  }
  return { producers, nextOffset: 300, end: { writer, sequence: 300, chain: { low: 1, high: 2 } } };
}

test("dumpFile() shows what is in such a file, and who produced a frame", () => {
  const items = [...(dumpFile(encodeProducers(written(1), crc32), crc32) ?? [])];
  assert.equal(
    items.slice(0, 5).map(({ kind }) => kind),
    ["producers", "producer", "producer", "producer", "producer"],
  );
  assert.ok(items.slice(5).length > 0 && items.slice(5).every(({ kind }) => kind === "twins"));
  assert.is([...(dumpFile(new TextEncoder().encode("GVP1 and so on"), crc32) ?? [])][0]?.kind, "damage");
  const frame = frameOf(["a"]);
  writeProducerStamp(frame, { producer: idOf(9), epoch: 2, sequence: 7 });
  const [dumped] = [...(dumpFile(frame, crc32) ?? [])];
  assert.is(`${dumped?.fields["producer"]} ${dumped?.fields["producerEpoch"]}`, `${idOf(9)} 2`);
  assert.is(dumped?.fields["producerSequence"], 7);
});

test("what is written down is read again as it was, and nothing else is taken for it", () => {
  const before = written(1);
  const bytes = encodeProducers(before, crc32);
  const after = decodeProducers(bytes, crc32) as ProducersAt;
  assert.equal({ ...after, producers: undefined }, { ...before, producers: undefined });
  assert.equal([...encodeProducers(after, crc32)], [...bytes]);
  assert.ok(after.producers.twins.size > 0 && after.producers.size === 4);
  for (let length = 0; length < bytes.length; length += 7) {
    assert.type(decodeProducers(bytes.subarray(0, length), crc32), "string");
  }
  for (const at of [0, 5, 8, 12, 30, 70, bytes.length - 1]) {
    const damaged = bytes.slice();
    damaged[at] = (damaged[at] as number) ^ 16;
    assert.type(decodeProducers(damaged, crc32), "string", `byte ${at}`);
    // Also with a checksum that somebody made fit, it ends and stays within its bounds.
    decodeProducers(damaged, () => new DataView(damaged.buffer).getUint32(4, true));
  }
});

test.run();

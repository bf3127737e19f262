import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/base/mod.ts";
import { GroupSlots } from "../../src/client/group_slots.ts";

const [ada, bob] = ["a".repeat(16), "b".repeat(16)] as const;

function place(slot: number, vector: Readonly<Record<string, number>>) {
  return { slot, vector: new Map(Object.entries(vector)), resets: 0 };
}

function at(slots: GroupSlots, slot: number): Record<string, number> {
  return Object.fromEntries(slots.position(slot).vector);
}

test("start() is the pointwise minimum, and each slot passes over what it had", () => {
  const slots = new GroupSlots();
  slots.count = 2;
  slots.add([place(0, { [ada]: 5, [bob]: 2 }), place(1, { [ada]: 3 })]);
  assert.equal(Object.fromEntries(slots.start()), { [ada]: 3 });
  const keyOf = (slot: number): Uint8Array => {
    for (let key = 0; ; key++) {
      const bytes = new Uint8Array([key]);
      if (slots.slotOf({ key: bytes, writer: ada, sequence: 1 }) === slot) return bytes;
    }
  };
  assert.is(slots.wants({ key: keyOf(0), writer: ada, sequence: 5 }), false);
  assert.is(slots.wants({ key: keyOf(0), writer: ada, sequence: 6 }), true);
  assert.is(slots.wants({ key: keyOf(1), writer: ada, sequence: 4 }), true);
  slots.pass({ writer: ada, sequence: 4 });
  assert.equal([at(slots, 0), at(slots, 1)], [{ [ada]: 5, [bob]: 2 }, { [ada]: 4 }]);
});

test("a stream that ends before its slots moved on loses nothing of what was handled", () => {
  const slots = new GroupSlots();
  slots.count = 1;
  slots.add([place(0, {})]);
  slots.start();
  slots.pass({ writer: ada, sequence: 7 });
  slots.start();
  assert.equal(at(slots, 0), { [ada]: 7 });
  slots.handledLate({ key: undefined, writer: ada, sequence: 9 });
  slots.add([place(1, {})]);
  assert.equal([at(slots, 0), at(slots, 1)], [{ [ada]: 9 }, {}]);
});

test("however slots come and go, members handle every record of every slot at least once", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = new Random(`slots ${seed}`);
    const records = Array.from({ length: 120 }, (_, index) => {
      return { key: new Uint8Array([random.below(200)]), writer: index % 3 === 0 ? bob : ada, sequence: 0 };
    });
    const ends = new Map<string, number>();
    for (const record of records) {
      record.sequence = (ends.get(record.writer) ?? 0) + 1;
      ends.set(record.writer, record.sequence);
    }
    const handled = new Map<string, number>();
    const saved = new Map<number, ReadonlyMap<string, number>>();
    const members = [new GroupSlots(), new GroupSlots()];
    for (const member of members) member.count = 4;
    const streams = members.map(() => 0);
    const takeOver = (to: number, slot: number): void => {
      for (const member of members) {
        if (!member.has(slot)) continue;
        saved.set(slot, member.position(slot).vector);
        member.drop(slot);
      }
      const member = members[to] as GroupSlots;
      member.add([{ slot, vector: saved.get(slot) ?? new Map(), resets: 0 }]);
      const start = member.start();
      streams[to] = records.findIndex((one) => one.sequence > (start.get(one.writer) ?? 0));
      if (streams[to] === -1) streams[to] = records.length;
    };
    for (let slot = 0; slot < 4; slot++) takeOver(slot % 2, slot);
    for (let step = 0; step < 2_000; step++) {
      if (step < 1_500 && random.below(40) === 0) takeOver(random.below(2), random.below(4));
      const which = step % 2;
      const member = members[which] as GroupSlots;
      const record = records[streams[which] as number];
      if (record === undefined) continue;
      streams[which] = (streams[which] as number) + 1;
      if (member.wants(record)) {
        const id = `${record.writer}/${record.sequence}`;
        handled.set(id, (handled.get(id) ?? 0) + 1);
      }
      member.pass(record);
    }
    assert.is(handled.size, records.length, `seed ${seed}`);
    // All moved in good order: nobody met a record twice.
    assert.is(Math.max(...handled.values()), 1, `seed ${seed}`);
  }
});

test.run();

/** Groups on virtual time: who owns which slot, whatever members and homes do. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random, rendezvousPick } from "../../src/base/mod.ts";
import { Group, type GroupAnswer, type GroupOptions } from "../../src/server/group.ts";
import { Groups, groupLeaseMs, groupMembersMax, groupSlots, groupsMax } from "../../src/server/groups.ts";

const options: GroupOptions = { slotCount: 16, leaseMs: 1_000, membersMax: 8 };

/** A member as the client has it: it works on what it was told, until its lease, counted from when it asked. */
class Member {
  readonly name: string;
  readonly session: string;
  #call = 0;
  #untilMs = 0;
  works = new Set<number>();
  releases: number[] = [];

  constructor(name: string, session: string) {
    this.name = name;
    this.session = session;
  }

  /** What it works on now. */
  owned(nowMs: number): ReadonlySet<number> {
    if (nowMs >= this.#untilMs) this.works.clear();
    return this.works;
  }

  ask(leave = false) {
    const { name: member, session, releases } = this;
    return { member, session, call: ++this.#call, slots: [...this.works], releases: [...releases], leave };
  }

  /** Takes an answer to what it asked at that time. `stops`: whether it is done with what it is to give up. */
  take(answer: GroupAnswer, askedAtMs: number, stops = true): void {
    if (answer.type !== "working") return;
    this.releases = [];
    this.#untilMs = askedAtMs + options.leaseMs;
    this.works = new Set(answer.slots);
    if (!stops) return;
    for (const slot of answer.giveUp) this.works.delete(slot);
    this.releases = [...answer.giveUp];
  }
}

function beat(group: Group, member: Member, nowMs: number): void {
  member.owned(nowMs);
  member.take(group.work(member.ask(), nowMs), nowMs);
}

function assertAlone(members: readonly Member[], nowMs: number, seed: number): void {
  const owners = new Map<number, string>();
  for (const member of members) {
    for (const slot of member.owned(nowMs)) {
      const other = owners.get(slot);
      assert.is(
        other,
        undefined,
        `seed ${seed}, at ${nowMs}: ${other} and ${member.session} both work on slot ${slot}`,
      );
      owners.set(slot, member.session);
    }
  }
}

test("work() gives one member all slots, and moves those of the next one when they are released", () => {
  const group = new Group(options, 0);
  const [ada, bob] = [new Member("ada", "1"), new Member("bob", "2")];
  beat(group, ada, 0);
  assert.is(ada.works.size, 16);
  beat(group, bob, 100);
  assert.is(bob.works.size, 0);
  // Told to give up, but still at work on it.
  ada.take(group.work(ada.ask(), 200), 200, false);
  beat(group, bob, 300);
  assert.is(bob.works.size, 0);
  beat(group, ada, 400);
  beat(group, ada, 500);
  beat(group, bob, 600);
  assert.is(ada.works.size + bob.works.size, 16);
  const meant = Array.from({ length: 16 }, (_, slot) => rendezvousPick(`slot ${slot}`, ["ada", "bob"]));
  for (const slot of bob.works) assert.is(meant[slot], "bob");
  group.work(ada.ask(true), 700);
  beat(group, bob, 800);
  assert.is(bob.works.size, 16);
});

test("work() gives away what a silent member had when its lease is over, not before", () => {
  const group = new Group(options, 0);
  const [ada, bob] = [new Member("ada", "1"), new Member("bob", "2")];
  beat(group, ada, 0);
  beat(group, bob, 500);
  beat(group, bob, 999);
  assert.is(bob.works.size, 0);
  beat(group, bob, 1_000);
  assert.is(bob.works.size, 16);
});

test("a home that is new gives nothing away for a lease but what members say that they have", () => {
  const group = new Group(options, 5_000);
  const [ada, bob] = [new Member("ada", "1"), new Member("bob", "2")];
  ada.take({ type: "working", slots: [1, 2, 3], giveUp: [] }, 4_000);
  beat(group, bob, 4_100);
  beat(group, ada, 4_200);
  assert.equal([[...ada.works], bob.works.size], [[1, 2, 3], 0]);
  for (const nowMs of [5_000, 5_100, 5_200]) for (const member of [ada, bob]) beat(group, member, nowMs);
  assert.is(ada.works.size + bob.works.size, 16);
  assert.ok(bob.works.size > 3);
});

test("work() refuses a second life of a name, a call that was overtaken, and members beyond the most", () => {
  const group = new Group(options, 0);
  const ada = new Member("ada", "1");
  const early = ada.ask();
  beat(group, ada, 0);
  assert.equal(group.work(early, 10), { type: "overtaken" });
  assert.equal(group.work(new Member("ada", "2").ask(), 400), { type: "taken", leftMs: 600 });
  assert.is(group.work(new Member("ada", "2").ask(), 1_000).type, "working");
  for (let index = 1; index < options.membersMax; index++) beat(group, new Member(`m${index}`, `${index}`), 1_000);
  assert.equal(group.work(new Member("late", "9").ask(), 1_100), { type: "full" });
});

test("whoever joins, leaves, dies or loses answers, no slot has two owners at work, and each ends with one", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = new Random(`group ${seed}`);
    const members: Member[] = [];
    let group = new Group(options, 0);
    let nowMs = 0;
    for (let step = 0; step < 200; step++) {
      nowMs += random.below(150);
      const member = members[random.below(Math.max(1, members.length))];
      const dice = random.below(100);
      if (dice < 8 && members.length < options.membersMax)
        members.push(new Member(`m${random.below(12)}`, `${seed}.${step}`));
      else if (member === undefined) continue;
      else if (dice < 10) members.splice(members.indexOf(member), 1);
      else if (dice < 12) {
        member.works.clear();
        group.work(member.ask(true), nowMs);
        members.splice(members.indexOf(member), 1);
      } else if (dice < 13) {
        // The home dies; the next one waits for a lease.
        group = new Group(options, nowMs + options.leaseMs);
      } else {
        member.owned(nowMs);
        const askedAtMs = nowMs;
        const answer = group.work(member.ask(), nowMs + random.below(20));
        nowMs += 40;
        // An answer may be lost: then the member knows no better than before.
        if (random.below(10) > 0) member.take(answer, askedAtMs, random.below(3) > 0);
        assertAlone(members, nowMs, seed);
      }
      assertAlone(members, nowMs, seed);
    }
    if (members.length === 0) members.push(new Member("last", "last"));
    for (let round = 0; round < 40; round++) {
      nowMs += 100;
      for (const one of members) beat(group, one, nowMs);
      assertAlone(members, nowMs, seed);
    }
    const owned = members.flatMap((one) => [...one.owned(nowMs)]).sort((left, right) => left - right);
    assert.equal(
      owned,
      Array.from({ length: 16 }, (_, slot) => slot),
      `seed ${seed}: each slot has one owner`,
    );
  }
});

test("Groups forgets groups whose home is another node, and those that nobody works in; it holds so many", () => {
  const groups = new Groups(0);
  const call = (member: string, count = 1) =>
    new Member(member, member).ask() && { ...new Member(member, member).ask(), call: count };
  const first = groups.work("orders/a", call("ada"), groupLeaseMs);
  assert.is(first.type === "working" && first.slots.length, groupSlots);
  assert.equal(groups.counts(groupLeaseMs), { groups: 1, members: 1, slots: groupSlots });
  groups.homesChanged((group) => group !== "orders/a", groupLeaseMs + 10);
  assert.is(groups.ownerOf("orders/a", 0, groupLeaseMs + 10), undefined);
  const again = groups.work("orders/a", call("ada", 2), groupLeaseMs + 20);
  assert.equal(again.type === "working" && again.slots, []);
  for (let index = 1; index < groupsMax; index++) groups.work(`orders/${index}`, call("ada"), groupLeaseMs + 30);
  assert.throws(
    () => groups.work("orders/more", call("ada"), groupLeaseMs + 30),
    /the home of 1000 groups, allowed are 1000; end the members of some/,
  );
  assert.is(groups.work("orders/more", call("ada"), 3 * groupLeaseMs).type, "working");
  assert.is(groups.counts(3 * groupLeaseMs).groups, 1);
  assert.ok(groupMembersMax >= groupSlots);
});

test.run();

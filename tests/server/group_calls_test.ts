/** What members of a group are answered: by the home, through another node, and when it makes no sense. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { GroupHomes } from "../../src/agent/group_homes.ts";
import { encodeCursor, type Vector } from "../../src/base/mod.ts";
import {
  type WorkInGroupRequest,
  WorkInGroupRequestSchema,
  type WorkInGroupResponse,
} from "../../src/gen/log/v1/log_pb.ts";
import { workInGroup } from "../../src/server/group_calls.ts";
import { groupLeaseMs, groupSlots } from "../../src/server/groups.ts";
import type { ServedCursor, ServerPorts } from "../../src/server/mod.ts";
import { MemoryTopic } from "./fakes.ts";

const ada = "a".repeat(16);
const { signal } = new AbortController();

type Node = Pick<ServerPorts, "groups"> & ServerPorts & { readonly saved: Map<string, Vector>; nowMs: number };

/** A node that sees some others, by their names; calls to them go to whom `reach` gives. */
function node(
  name: string,
  seen: readonly string[],
  reach: (address: string) => Node | undefined = () => undefined,
): Node {
  const saved = new Map<string, Vector>();
  const topic = new MemoryTopic("orders", ada);
  topic.generation = 1;
  const self = { nowMs: 10 * groupLeaseMs };
  const of = (cursor: string): ServedCursor | undefined => {
    const vector = saved.get(cursor);
    return vector && { name: cursor, generation: 1, resets: 0, deleted: false, vector, savedAtMs: 0, token: new Map() };
  };
  const save = async (_topic: unknown, cursor: string, read: { vector: Vector }): Promise<ServedCursor> => {
    saved.set(cursor, read.vector);
    return of(cursor) as ServedCursor;
  };
  const member = (other: string) => ({
    ...{ name: other, status: "alive", address: { host: "127.0.0.1", port: 1 } },
    tags: new Map([
      ["gv", "1"],
      ["rpc_addr", other],
    ]),
  });
  const clock = { nowMs: () => self.nowMs, wallMs: () => 0, schedule: () => () => {} };
  const groups = new GroupHomes({
    ...{ nodeName: name, members: () => [name, ...seen].map(member) as never },
    clock: { ...clock, nowMs: () => self.nowMs },
    call: async (address, request, callSignal) => {
      const other = reach(address);
      if (other === undefined) throw new ConnectError("connect ECONNREFUSED", Code.Internal);
      return workInGroup(other, request, { signal: callSignal });
    },
  });
  self.nowMs += groupLeaseMs;
  const log = { topic: (asked: string) => (asked === "orders" ? topic : undefined) };
  const cursors = { get: async (_topic: unknown, cursor: string) => of(cursor), save };
  return Object.assign(self, { saved, groups, log, cursors, clock }) as never;
}

let calls = 0n;
function ask(to: Node, fields: MessageInitShape<typeof WorkInGroupRequestSchema> = {}): Promise<WorkInGroupResponse> {
  const usual = { topic: "orders", group: "billing", member: "ada", session: 1n, call: ++calls };
  const request: WorkInGroupRequest = create(WorkInGroupRequestSchema, { ...usual, ...fields });
  return workInGroup(to, request, { signal });
}

function cursorOf(sequence: number, topic = "orders"): Uint8Array<ArrayBuffer> {
  return encodeCursor({ topic, generation: 1, vector: new Map([[ada, sequence]]) }) as Uint8Array<ArrayBuffer>;
}

async function failure(promise: Promise<unknown>): Promise<ConnectError> {
  try {
    await promise;
  } catch (error) {
    return ConnectError.from(error);
  }
  throw new Error("it did not fail");
}

test("a member gets its slots with what is saved of them, saves, and releases to others", async () => {
  const home = node("a", []);
  home.saved.set("billing~7", new Map([[ada, 5]]));
  const first = await ask(home);
  assert.equal([first.slots.length, first.giveUp, first.home, first.members], [groupSlots, [], "a", 1]);
  assert.equal(
    first.cursors.filter(({ cursor }) => cursor.length > 0).map(({ slot }) => slot),
    [7],
  );
  const bob = { member: "bob", session: 2n };
  assert.equal((await ask(home, bob)).slots, []);
  const { giveUp } = await ask(home, { slots: first.slots });
  assert.ok(giveUp.length > 10);
  const slots = first.slots.filter((slot) => !giveUp.includes(slot));
  const saves = giveUp.map((slot) => ({ slot, cursor: cursorOf(9) }));
  await ask(home, { slots, releases: giveUp, saves });
  const second = await ask(home, bob);
  assert.equal(second.slots, giveUp);
  assert.equal(
    second.cursors.map(({ cursor }) => cursor),
    giveUp.map(() => cursorOf(9)),
  );
  // What belongs to somebody else now is not the first one's to save.
  await ask(home, { slots: first.slots, saves: [{ slot: giveUp[0] as number, cursor: cursorOf(99) }] });
  assert.is(home.saved.get(`billing~${giveUp[0]}`)?.get(ada), 9);
});

test("a start is kept for each slot of which nothing is, before its member hears of it", async () => {
  const home = node("a", []);
  await ask(home, { start: { to: { case: "cursor", value: cursorOf(3) } } });
  assert.is(home.saved.size, groupSlots);
  assert.is(home.saved.get("billing~0")?.get(ada), 3);
});

test("a call goes to the home through any node, once, and says so when the home is down", async () => {
  const nodes = new Map<string, Node>();
  const reach = (address: string): Node | undefined => nodes.get(address);
  for (const name of ["a", "b", "c"])
    nodes.set(
      name,
      node(
        name,
        ["a", "b", "c"].filter((one) => one !== name),
        reach,
      ),
    );
  const homes = new Set<string>();
  for (const to of nodes.values()) homes.add((await ask(to)).home);
  assert.is(homes.size, 1);
  const [home] = [...homes] as [string];
  const other = [...nodes].find(([name]) => name !== home)?.[1] as Node;
  const refused = await failure(ask(other, { handedOn: true }));
  assert.equal(
    [refused.code, /its home is \w, as this node sees it/.test(refused.rawMessage)],
    [Code.Unavailable, true],
  );
  // What the home refuses is said as it says it.
  assert.is((await failure(ask(other, { session: 9n }))).code, Code.AlreadyExists);
  nodes.delete(home);
  const down = await failure(ask(other));
  assert.equal(
    [down.code, down.rawMessage],
    [Code.Unavailable, `Cannot work in group "billing" yet: its home ${home} does not answer`],
  );
});

test("a home that moves while it saves gives no slots away any more", async () => {
  const seen: string[] = [];
  const home = node("a", seen);
  const { slots } = await ask(home);
  const save = home.cursors?.save as NonNullable<ServerPorts["cursors"]>["save"];
  const moving: typeof save = async (...cursor) => {
    seen.push("b", "c", "d", "e");
    (home.groups as GroupHomes).membersChanged();
    return save(...cursor);
  };
  Object.assign(home.cursors as object, { save: moving });
  const saves = [{ slot: 3, cursor: cursorOf(4) }];
  const moved = await failure(ask(home, { slots, saves }));
  assert.is(moved.code, Code.Unavailable);
  assert.match(moved.rawMessage, "its home");
  assert.is(home.groups?.membersOf("orders/billing"), 0);
  assert.is(home.saved.get("billing~3")?.get(ada), 4);
});

test("what makes no sense is refused with a code and words", async () => {
  const home = node("a", []);
  const rows: [MessageInitShape<typeof WorkInGroupRequestSchema>, Code, RegExp][] = [
    [{ group: "" }, Code.InvalidArgument, /Cannot use group name ""/],
    [{ group: "billing~1" }, Code.InvalidArgument, /Cannot use group name/],
    [{ member: "a b" }, Code.InvalidArgument, /Cannot use member name "a b"/],
    [{ session: 0n }, Code.InvalidArgument, /session is 0/],
    [{ slots: [64] }, Code.InvalidArgument, /slot is 64, allowed are 0 to 63/],
    [{ slots: [1, 1] }, Code.InvalidArgument, /named twice/],
    [{ slots: [1], releases: [1] }, Code.InvalidArgument, /worked on and released at once/],
    [{ saves: [{ slot: 3, cursor: cursorOf(1) }] }, Code.InvalidArgument, /neither works on it nor releases it/],
    [
      { slots: [3], saves: [{ slot: 3, cursor: cursorOf(1, "metrics") }] },
      Code.InvalidArgument,
      /belongs to topic "metrics"/,
    ],
    [{ slots: [3], saves: [{ slot: 3, cursor: cursorOf(1).slice(1) }] }, Code.InvalidArgument, /was changed since/],
    [{ topic: "nothing" }, Code.NotFound, /does not hold it/],
    [{ topic: "_topics" }, Code.InvalidArgument, /the cluster's own/],
  ];
  for (const [fields, code, words] of rows) {
    const failed = await failure(ask(home, fields));
    assert.is(failed.code, code, failed.message);
    assert.match(failed.rawMessage, words);
  }
  const early = calls;
  await ask(home);
  assert.is((await failure(ask(home, { call: early }))).code, Code.Aborted);
  assert.is((await failure(ask(home, { session: 5n }))).code, Code.AlreadyExists);
});

test.run();

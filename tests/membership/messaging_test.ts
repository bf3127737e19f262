// topics: discovery
/** Events, queries and keys as a program uses them, on real sockets. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type IncomingQuery, MembershipNode, type MembershipNodeOptions } from "../../src/agent/membership.ts";
import { toText } from "../../src/base/mod.ts";
import { ownAddress, ownHost } from "../own_host.ts";

// Told more often than on one machine's numbers, and with time to answer on a busy one: what is lost is no matter here.
const settings = { gossipIntervalMs: 50, retransmitMult: 8 };
const fast: MembershipNodeOptions = { bind: ownAddress, profile: "local", settings };

/** Nodes of these names that know one another, closed after use. */
async function withNodes(
  names: readonly string[],
  options: MembershipNodeOptions,
  use: (...nodes: MembershipNode[]) => Promise<void>,
): Promise<void> {
  const nodes: MembershipNode[] = [];
  try {
    for (const name of names) {
      const node = await MembershipNode.start({ ...fast, ...options, name });
      if (nodes[0] !== undefined) await node.join([`${ownHost}:${nodes[0].address.port}`]);
      nodes.push(node);
    }
    for (const node of nodes) await hasMembers(node, names.length);
    await use(...nodes);
  } finally {
    for (const node of nodes) await node[Symbol.asyncDispose]();
  }
}

async function hasMembers(node: MembershipNode, count: number): Promise<void> {
  while (node.members().length < count) {
    await new Promise<void>((resolve) => {
      const stop = node.onEvent(() => {
        stop();
        resolve();
      });
    });
  }
}

test("event() is told to listeners of all nodes, once, as text or bytes", async () => {
  await withNodes(["a", "b", "c"], {}, async (a, b, c) => {
    const heard = [a, b, c].map(
      (node) =>
        new Promise<string>((resolve) => {
          node.on("user-event", ({ name, payload, coalesce }) => resolve(`${name} ${toText(payload)} ${coalesce}`));
        }),
    );
    a?.event("deploy", "v1");
    assert.equal(await Promise.all(heard), ["deploy v1 false", "deploy v1 false", "deploy v1 false"]);
    assert.throws(
      () => a?.event("big", new Uint8Array(1_000)),
      (error: Error & { code?: string; bytes?: number }) => {
        return error.code === "USER_EVENT_TOO_LARGE" && error.bytes === 1_003;
      },
    );
  });
});

test("query() gives answers as they come, and a result that says who was silent", async () => {
  await withNodes(["a", "b", "c"], {}, async (a, b, c) => {
    if (a === undefined || b === undefined || c === undefined) return;
    a.onQuery("load", () => "1");
    b.onQuery("load", async () => new TextEncoder().encode("2"));
    const stop = c.onQuery("load", () => "3");
    const run = a.query("load");
    const seen: string[] = [];
    for await (const { type, from, payload } of run) seen.push(`${type} ${from} ${toText(payload)}`.trim());
    assert.equal(seen.sort(), ["ack a", "ack b", "ack c", "response a 1", "response b 2", "response c 3"]);
    assert.is((await run.result).type, "complete");
    stop();
    const { type, silent, responses } = await a.query("load", "", { timeoutMs: 300 }).result;
    assert.equal([type, silent, [...responses.keys()].sort()], ["timed-out", ["c"], ["a", "b"]]);
    assert.throws(() => a.query("_serf_conflict"), /names with _serf_ are Serf's own/);
  });
});

test("a query may be answered by its listener later, once and in time", async () => {
  await withNodes(["a", "b"], {}, async (a, b) => {
    if (a === undefined || b === undefined) return;
    const asked = new Promise<IncomingQuery>((resolve) => b.on("query", resolve));
    const run = a.query("later", "x", { nodes: ["b"], timeoutMs: 5_000 });
    const query = await asked;
    assert.equal([query.name, toText(query.payload), query.sourceNode], ["later", "x", "a"]);
    assert.throws(() => query.respond(new Uint8Array(2_000)), /it takes \d+ bytes encoded, allowed are 1024/);
    query.respond("y");
    assert.throws(() => query.respond("z"), /it was answered, or its time is over/);
    const { type, responses } = await run.result;
    assert.equal([type, toText(responses.get("b") as Uint8Array)], ["complete", "y"]);
  });
});

test("a node that stops ends its queries", async () => {
  await withNodes(["a", "b"], {}, async (a) => {
    const run = a?.query("nobody-answers", "", { timeoutMs: 60_000 });
    await a?.[Symbol.asyncDispose]();
    assert.is((await run?.result)?.type, "stopped");
    assert.is((await a?.query("too-late").result)?.type, "stopped");
  });
});

test("keys are installed, used and removed everywhere, and who lacks one is named", async () => {
  const key = (byte: number): string => Buffer.alloc(16, byte).toString("base64");
  await withNodes(["a", "b", "c"], { encrypt: key(1) }, async (a, b, c) => {
    if (a === undefined || b === undefined || c === undefined) return;
    const done = { nodes: 3, answered: 3, errors: new Map(), silent: [] };
    assert.equal(await a.keys.install(key(2)), done);
    assert.equal(await b.keys.use(key(2)), done);
    const list = await c.keys.list();
    assert.equal(
      [...list.keys].sort(),
      [
        [key(1), 3],
        [key(2), 3],
      ].sort(),
    );
    assert.equal([...list.primaryKeys], [[key(2), 3]]);
    assert.is(list.lacking.size, 0);
    const { errors } = await c.keys.remove(key(2));
    assert.equal([...errors.keys()].sort(), ["a", "b", "c"]);
    assert.is(errors.get("a"), "Removing the primary key is not allowed");
    assert.equal(await c.keys.remove(key(1)), done);
    const late = await MembershipNode.start({ ...fast, name: "late", encrypt: key(2) });
    try {
      await late.join([`${ownHost}:${a.address.port}`]);
      for (const node of [a, b, c]) await hasMembers(node, 4);
      assert.equal(await a.keys.install(key(3)), { ...done, nodes: 4, answered: 4 });
    } finally {
      await late[Symbol.asyncDispose]();
    }
    await a.keys.install("no key").then(
      () => assert.unreachable(),
      (error: Error & { code?: string }) => assert.is(error.code, "INVALID_KEY"),
    );
  });
});

test("a node whose name is taken says so and stops; the other stays", async () => {
  await withNodes(["a", "b", "c"], {}, async (a, b) => {
    if (a === undefined || b === undefined) return;
    const twin = await MembershipNode.start({ ...fast, name: "b" });
    try {
      const lost = new Promise<number>((resolve) => {
        twin.on("name-conflict", ({ outcome, responses }) => outcome === "lost" && resolve(responses));
      });
      await twin.join([`${ownHost}:${a.address.port}`]);
      assert.is(await lost, 2);
      assert.is(a.member("b")?.address.port, b.address.port);
    } finally {
      await twin[Symbol.asyncDispose]();
    }
  });
});

test("forceLeave() needs a member, and not this node", async () => {
  await withNodes(["a"], {}, async (a) => {
    assert.throws(() => a?.forceLeave("a"), /it is this node itself/);
    assert.throws(() => a?.forceLeave("x"), /no such member is known/);
  });
});

test.run();

// timeout: 120
// needs: serf
// topics: discovery
/** Tags and user events between our node and real `serf` agents. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MembershipNode, type UserEventNotice } from "../../src/agent/membership.ts";
import { parseAddress, toText } from "../../src/base/mod.ts";
import { RawRpcClient } from "../agent/serf_rpc_client.ts";
import { interop, requireSerf } from "./numbered.ts";
import { observe, ourOptions, Processes, type SerfAgent, type SerfMember, until } from "./processes.ts";

requireSerf();

/** Waits until both see one another. */
async function meet(agent: SerfAgent, node: MembershipNode): Promise<void> {
  await until("they meet", async () => (await agent.member(node.localName))?.status === "alive");
}

function heardBy(node: MembershipNode): UserEventNotice[] {
  const events: UserEventNotice[] = [];
  node.on("user-event", (event) => events.push(event));
  return events;
}

/** An agent and our node, which know one another. */
async function pair(processes: Processes, flags: readonly string[] = []) {
  const alpha = await processes.serf("alpha", { flags });
  const ours = await MembershipNode.start(ourOptions({ join: [alpha.address] }));
  await meet(alpha, ours);
  return { alpha, ours };
}

interop(10, async () => {
  await using processes = new Processes();
  const { alpha, ours } = await pair(processes, ["-tag", "role=web"]);
  await using _ = ours;
  const updates: string[] = [];
  ours.on("member-update", ({ name, tags }) => updates.push(`${name} ${JSON.stringify([...tags])}`));
  await alpha.command("tags", "-set", "ver=2", "-delete", "role");
  await until("its tags changed here", () => updates.length > 0);
  await observe(500);
  assert.equal(updates, ['alpha [["ver","2"]]']);
  return "one update, with ver=2 and no role";
});

interop(11, async () => {
  await using processes = new Processes();
  const { alpha, ours } = await pair(processes);
  await using _ = ours;
  ours.setTags({ k: "v", other: "x y" });
  const matching = async (filter: string): Promise<SerfMember[]> => {
    const printed = await alpha.command("members", "-tag", filter, "-format=json");
    // Nobody is null there.
    return (JSON.parse(printed) as { members: SerfMember[] | null }).members ?? [];
  };
  await until("the filter finds us", async () => (await matching("k=v")).length > 0);
  const [found, ...others] = await matching("k=v");
  assert.equal([found?.name, found?.tags, others], ["ours", { k: "v", other: "x y" }, []]);
  assert.equal(await matching("k=w"), []);
  return "serf members -tag k=v finds us alone";
});

interop(12, async () => {
  await using processes = new Processes();
  const { alpha, ours } = await pair(processes);
  await using _ = ours;
  const events = heardBy(ours);
  await alpha.command("event", "-coalesce=false", "deploy", "v1");
  await until("it arrives", () => events.length > 0);
  await observe(1_000);
  assert.equal(
    events.map(({ name, payload, coalesce }) => [name, toText(payload), coalesce]),
    [["deploy", "v1", false]],
  );
  return "deploy v1, once, not coalesced";
});

interop(13, async () => {
  const directory = mkdtempSync(path.join(tmpdir(), "grapevine-events-"));
  try {
    await using processes = new Processes();
    const files = ["alpha", "beta"].map((name) => path.join(directory, name)) as [string, string];
    for (const file of files) writeFileSync(file, "");
    const handler = (file: string): string[] => ["-event-handler", `user:deploy=cat >> ${file}`];
    const alpha = await processes.serf("alpha", { flags: handler(files[0]) });
    // Behind alpha: it joins us by way of it.
    const beta = await processes.serf("beta", { flags: ["-join", alpha.address, ...handler(files[1])] });
    await using ours = await MembershipNode.start(ourOptions({ join: [alpha.address] }));
    const own = heardBy(ours);
    for (const agent of [alpha, beta]) await meet(agent, ours);
    ours.event("deploy", "v2");
    ours.event("other", "not for the handlers");
    await until("both handlers ran", () => files.every((file) => readFileSync(file, "utf8") !== ""));
    await observe(1_000);
    // A handler gets a newline behind a payload that has none.
    for (const file of files) assert.is(readFileSync(file, "utf8"), "v2\n");
    assert.equal(
      own.map(({ name }) => name),
      ["deploy", "other"],
    );
    assert.throws(() => ours.event("big", new Uint8Array(600)), /name and payload have 603 bytes, allowed are 512/);
    return "the handlers of two agents ran once each, with the payload";
  } finally {
    rmSync(directory, { recursive: true });
  }
});

interop(14, async () => {
  const directory = mkdtempSync(path.join(tmpdir(), "grapevine-events-"));
  try {
    await using processes = new Processes();
    const file = path.join(directory, "bytes");
    writeFileSync(file, "");
    const { alpha, ours } = await pair(processes, ["-event-handler", `user:bytes=od -An -tx1 >> ${file}`]);
    await using _ = ours;
    const events = heardBy(ours);
    ours.event("bytes", Uint8Array.of(0x00, 0xff, 0x0a));
    await until("the handler ran", () => readFileSync(file, "utf8") !== "");
    assert.is(readFileSync(file, "utf8").trim(), "00 ff 0a");
    await alpha.command("event", "-coalesce=false", "ping");
    // No command line can say a zero byte; the agent's RPC can.
    await using rpc = await RawRpcClient.connect(parseAddress(alpha.rpc, 0) as { host: string; port: number });
    await rpc.greet();
    await rpc.ask(2, "event", { Name: "raw", Payload: Uint8Array.of(0x00, 0xff, 0x0a), Coalesce: false });
    await until("both arrive", () => events.length === 3);
    const payloads = new Map(events.map(({ name, payload }) => [name, [...payload]]));
    assert.equal([payloads.get("ping"), payloads.get("raw")], [[], [0x00, 0xff, 0x0a]]);
    return "00 ff 0a both ways, nothing at all one way";
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("of events that may be coalesced the last of a name is told", async () => {
  await using processes = new Processes();
  const { alpha, ours } = await pair(processes);
  await using _ = ours;
  const events = heardBy(ours);
  for (const version of ["1", "2", "3"]) await alpha.command("event", "-coalesce=true", "build", version);
  await until("the last arrives", () => events.length > 0);
  await observe(1_500);
  assert.equal(
    events.map(({ name, payload, coalesce }) => [name, toText(payload), coalesce]),
    [["build", "3", true]],
  );
});

test("who joins an agent hears its past only when it asks for that, in order", async () => {
  await using processes = new Processes();
  const alpha = await processes.serf("alpha");
  for (const name of ["one", "two", "three"]) await alpha.command("event", "-coalesce=false", name);
  await using fresh = await MembershipNode.start(ourOptions({ name: "fresh" }));
  await using curious = await MembershipNode.start(ourOptions({ name: "curious" }));
  const [nothing, past] = [heardBy(fresh), heardBy(curious)];
  await fresh.join([alpha.address]);
  await curious.join([alpha.address], { replay: true });
  await alpha.command("event", "-coalesce=false", "four");
  await until("the new one arrives", () => nothing.length > 0 && past.length > 3);
  const names = (events: readonly UserEventNotice[]) => events.map(({ name }) => name);
  assert.equal([names(nothing), names(past)], [["four"], ["one", "two", "three", "four"]]);
});

test.run();

// timeout: 120
// needs: serf
// topics: discovery
/** User events and forced leaves between our node and real `serf` agents. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MembershipNode, type UserEventNotice } from "../../src/agent/membership.ts";
import { toText } from "../../src/base/mod.ts";
import { observe, Processes, type SerfAgent, until } from "./processes.ts";

if (spawnSync("serf", ["version"]).status !== 0) {
  // The runner counts this file as skipped before it starts it; this line is for whoever runs it by hand.
  console.log("skipped: the program serf is not installed (Debian package serf)");
  process.exit(0);
}

const bind = "127.0.0.1:0";

/** Waits until both see one another. */
async function meet(agent: SerfAgent, node: MembershipNode): Promise<void> {
  await until("they meet", async () => (await agent.member(node.localName))?.status === "alive");
}

function heardBy(node: MembershipNode): UserEventNotice[] {
  const events: UserEventNotice[] = [];
  node.on("user-event", (event) => events.push(event));
  return events;
}

test("events of an agent come here once, with their bytes, coalesced only when they may be", async () => {
  await using processes = new Processes();
  const alpha = await processes.serf("alpha");
  await using ours = await MembershipNode.start({ name: "ours", bind, join: [alpha.address] });
  const events = heardBy(ours);
  await meet(alpha, ours);
  await alpha.command("event", "-coalesce=false", "deploy", "v1");
  await alpha.command("event", "-coalesce=false", "empty");
  for (const version of ["1", "2", "3"]) await alpha.command("event", "-coalesce=true", "build", version);
  await until("the last arrives", () => events.some(({ name }) => name === "build"));
  await observe(1_500);
  assert.equal(
    events.map(({ name, payload, coalesce }) => [name, toText(payload), coalesce]),
    [
      ["deploy", "v1", false],
      ["empty", "", false],
      ["build", "3", true],
    ],
  );
});

test("events of ours come to an agent's handlers once, any bytes among them, and to agents behind it", async () => {
  const directory = mkdtempSync(path.join(tmpdir(), "grapevine-events-"));
  try {
    await using processes = new Processes();
    const files = ["alpha", "beta"].map((name) => path.join(directory, name));
    for (const file of files) writeFileSync(file, "");
    const handler = (file: string) => ["-event-handler", `user:deploy=od -An -tx1 >> ${file}`];
    const alpha = await processes.serf("alpha", { flags: handler(files[0] as string) });
    const flags = ["-join", alpha.address, ...handler(files[1] as string)];
    await processes.serf("beta", { flags });
    await using ours = await MembershipNode.start({ name: "ours", bind, join: [alpha.address] });
    const own = heardBy(ours);
    await meet(alpha, ours);
    ours.event("deploy", Uint8Array.of(0x00, 0xff, 0x0a));
    ours.event("other", "not for the handlers");
    await until("both handlers ran", () => files.every((file) => readFileSync(file, "utf8") !== ""));
    await observe(1_500);
    // A handler gets a newline behind a payload that has none; this one has one.
    for (const file of files) assert.is(readFileSync(file, "utf8").trim(), "00 ff 0a");
    assert.equal(
      own.map(({ name }) => name),
      ["deploy", "other"],
    );
    assert.throws(() => ours.event("big", new Uint8Array(600)), /name and payload have 603 bytes, allowed are 512/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("who joins an agent hears its past only when it asks for that, in order", async () => {
  await using processes = new Processes();
  const alpha = await processes.serf("alpha");
  for (const name of ["one", "two", "three"]) await alpha.command("event", "-coalesce=false", name);
  await using fresh = await MembershipNode.start({ name: "fresh", bind });
  await using curious = await MembershipNode.start({ name: "curious", bind });
  const [nothing, past] = [heardBy(fresh), heardBy(curious)];
  await fresh.join([alpha.address]);
  await curious.join([alpha.address], { replay: true });
  await alpha.command("event", "-coalesce=false", "four");
  await until("the new one arrives", () => nothing.length > 0 && past.length > 3);
  const names = (events: readonly UserEventNotice[]) => events.map(({ name }) => name);
  assert.equal([names(nothing), names(past)], [["four"], ["one", "two", "three", "four"]]);
});

test("a killed node of ours is forced to leave by an agent, and then pruned", async () => {
  await using processes = new Processes();
  const alpha = await processes.serf("alpha", { flags: ["-profile", "local"] });
  const victim = await processes.node({ name: "victim", profile: "local", join: [alpha.address] });
  await using ours = await MembershipNode.start({ name: "ours", bind, profile: "local", join: [alpha.address] });
  const seen: string[] = [];
  ours.onEvent(({ type, member }) => member.name === "victim" && seen.push(type));
  await meet(alpha, ours);
  await until("we know the victim", () => ours.member("victim")?.status === "alive");
  victim.signal("SIGKILL");
  await until("it failed", () => ours.member("victim")?.status === "failed", 30_000);
  await until("it failed there", async () => (await alpha.member("victim"))?.status === "failed", 30_000);
  await alpha.command("force-leave", "victim");
  await until("it is left", () => ours.member("victim")?.status === "left");
  // Said again until it is heard: Serf's agent tells it twice, and may tell it to the dead node alone.
  await until("it is forgotten", async () => {
    await alpha.command("force-leave", "-prune", "victim");
    await observe(500);
    return ours.member("victim") === undefined;
  });
  assert.equal(seen.slice(-3), ["member-failed", "member-leave", "member-reap"]);
});

test("a killed agent is forced to leave, and pruned, by ours", async () => {
  await using processes = new Processes();
  const alpha = await processes.serf("alpha", { flags: ["-profile", "local"] });
  const beta = await processes.serf("beta", { flags: ["-profile", "local", "-join", alpha.address] });
  // Told more often than on one machine's numbers: one who is dead must not swallow all of it.
  const settings = { retransmitMult: 8 };
  await using ours = await MembershipNode.start({
    name: "ours",
    bind,
    profile: "local",
    settings,
    join: [alpha.address],
  });
  await meet(alpha, ours);
  beta.signal("SIGKILL");
  await until("it failed here", () => ours.member("beta")?.status === "failed", 30_000);
  await until("it failed there", async () => (await alpha.member("beta"))?.status === "failed", 30_000);
  ours.forceLeave("beta");
  await until("it is left there", async () => (await alpha.member("beta"))?.status === "left");
  ours.forceLeave("beta", { prune: true });
  await until("it is forgotten there", async () => (await alpha.member("beta")) === undefined);
  assert.is(ours.member("beta"), undefined);
});

test.run();

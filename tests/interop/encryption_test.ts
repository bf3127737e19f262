// timeout: 120
// needs: serf
// topics: discovery
/** Encrypted clusters of our node and real `serf` agents: the right key opens them, no other does. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  InvalidKeyError,
  JoinFailedError,
  MembershipNode,
  type MembershipNodeOptions,
} from "../../src/agent/membership.ts";
import { formatAddress, toText } from "../../src/base/mod.ts";
import { interop, requireSerf } from "./numbered.ts";
import { ourOptions, Processes, type SerfAgent, until } from "./processes.ts";

requireSerf();

const key = (letter: string, length = 32): string => Buffer.from(letter.repeat(length)).toString("base64");

const start = (options: MembershipNodeOptions): Promise<MembershipNode> => MembershipNode.start(ourOptions(options));

const addressOf = (node: MembershipNode): string => formatAddress(node.address);

async function seeOneAnother(agent: SerfAgent, name: string, ours: MembershipNode): Promise<void> {
  await until(`${name} is alive here`, () => ours.member(name)?.status === "alive");
  await until(`we are alive at ${name}`, async () => (await agent.member("ours"))?.status === "alive");
}

interop(21, async () => {
  const lengths = [16, 24, 32];
  const took = await Promise.all(lengths.map((length) => liveEncrypted(key("k", length))));
  const bits = lengths.map((length, index) => `${8 * length} bits ${took[index]}`);
  return `joins both ways, tags, an event, a query and a death: ${bits.join(", ")}`;
});

/** A life in a cluster with this key. */
async function liveEncrypted(encrypt: string): Promise<string> {
  if ("Deno" in globalThis && Buffer.from(encrypt, "base64").length === 24) {
    const error = await start({ encrypt }).catch((refusal: Error) => refusal);
    assert.instance(error, InvalidKeyError, "Deno has AES-192 now: say so in the options");
    assert.match((error as Error).message, /24 bytes, and the cryptography of this runtime takes only 16 and 32$/);
    return "refused, as this runtime lacks it";
  }
  await using processes = new Processes();
  // The numbers of one machine send each message twice: the agents might hear of one another a long while later.
  const profile = "lan";
  await using ours = await start({ profile, encrypt, tags: { a: "1" } });
  const flags = ["-encrypt", encrypt, "-event-handler", "query:uptime=echo up"];
  const alpha = await processes.serf("alpha", {
    profile,
    flags: [...flags, "-tag", "role=web", "-join", addressOf(ours)],
  });
  const beta = await processes.serf("beta", { profile, flags: [...flags, "-disable-compression"] });
  await ours.join([beta.address]);
  await seeOneAnother(alpha, "alpha", ours);
  await seeOneAnother(beta, "beta", ours);
  await until("the agents know one another through us", async () => {
    const seen = [await beta.member("alpha"), await alpha.member("beta")];
    return seen.every((member) => member?.status === "alive");
  });
  assert.equal((await alpha.member("ours"))?.tags, { a: "1" });
  assert.is(ours.member("alpha")?.tags.get("role"), "web");
  const heard: string[] = [];
  ours.on("user-event", ({ name, payload }) => heard.push(`${name} ${toText(payload)}`));
  await alpha.command("event", "-coalesce=false", "deploy", "v1");
  await until("the event is heard", () => heard.length > 0);
  assert.equal(heard, ["deploy v1"]);
  ours.onQuery("hello", () => "from ours");
  assert.match(await alpha.command("query", "-timeout=1s", "hello"), /Response from 'ours': from ours/);
  assert.match(await alpha.command("reachability"), /Successfully contacted all live nodes/);
  assert.equal([...ours.counters.gossip.dropped.keys()], []);
  beta.signal("SIGKILL");
  await until("beta is failed here", () => ours.member("beta")?.status === "failed", 30_000);
  return "pass";
}

interop(22, async () => {
  await using processes = new Processes();
  const encrypted = await processes.serf("encrypted", { flags: ["-encrypt", key("k")] });
  const plain = await processes.serf("plain");
  const rows: [MembershipNodeOptions, SerfAgent, RegExp][] = [
    [{ encrypt: key("x") }, encrypted, /: its answer cannot be read: No installed keys could decrypt the message$/],
    [{}, encrypted, /: its answer cannot be read: Remote state is encrypted and encryption is not configured$/],
    [{ encrypt: key("k") }, plain, /: it answered: Remote state is encrypted and encryption is not configured$/],
  ];
  for (const [options, agent, reason] of rows) {
    await using stranger = await start({ ...options, name: "stranger" });
    try {
      await stranger.join([agent.address]);
      assert.unreachable("it joined");
    } catch (error) {
      assert.instance(error, JoinFailedError);
      assert.match((error as JoinFailedError).failed[0]?.error ? (error as Error).message : "", reason);
    }
    assert.is(stranger.members().length, 1);
    assert.is((await agent.members()).length, 1);
  }
  await using ours = await start({ encrypt: key("k") });
  await ours.join([encrypted.address]);
  await seeOneAnother(encrypted, "encrypted", ours);
  return "each of three mismatches fails our join with the agent's own words; the agents go on as they were";
});

test("an agent with a wrong key or none cannot join us, and hears why", async () => {
  await using processes = new Processes();
  await using ours = await start({ encrypt: key("k") });
  for (const [name, flags] of [
    ["wrong", ["-encrypt", key("x")]],
    ["keyless", []],
  ] as const) {
    const agent = await processes.serf(name, { flags });
    const printed = await agent.command("join", addressOf(ours)).then(
      () => assert.unreachable("it joined"),
      (error: Error) => error.message,
    );
    assert.match(printed ?? "", name === "wrong" ? /No installed keys could decrypt/ : /encryption is not configured/);
    assert.is(ours.member(name), undefined);
  }
  assert.is(ours.counters.gossip.dropped.get("refused-stream"), 2);
  assert.ok(ours.members().every((member) => member.name === "ours"));
});

test("a node on its way to encryption lives among plain agents, then among encrypted ones", async () => {
  await using processes = new Processes();
  for (const [name, flags, verifyOutgoing] of [
    ["plain", [], false],
    ["encrypted", ["-encrypt", key("k")], true],
  ] as const) {
    const agent = await processes.serf(name, { flags: [...flags] });
    await using ours = await start({ encrypt: key("k"), verifyIncoming: false, verifyOutgoing, join: [agent.address] });
    await seeOneAnother(agent, name, ours);
    const probes = ours.counters.gossip.probes;
    await until("probes pass", () => ours.counters.gossip.probes >= probes + 2);
    assert.is(ours.counters.gossip.probesFailed, 0);
  }
});

test("keyring files in Serf's own form: every key in the ring is understood", async () => {
  const directory = await mkdtemp(join(tmpdir(), "grapevine-keyring-"));
  try {
    await using processes = new Processes();
    const files = [
      { path: join(directory, "theirs"), keys: [key("a"), key("b", 16)] },
      { path: join(directory, "ours"), keys: [key("b", 16), key("a")] },
    ] as const;
    for (const { path, keys } of files) await writeFile(path, JSON.stringify(keys, null, 2));
    const agent = await processes.serf("alpha", { flags: ["-keyring-file", files[0].path] });
    await using ours = await start({ keyringFile: files[1].path, join: [agent.address] });
    await seeOneAnother(agent, "alpha", ours);
    assert.is(await readFile(files[1].path, "utf8"), JSON.stringify(files[1].keys, null, 2));
  } finally {
    await rm(directory, { recursive: true });
  }
});

interop(23, async () => {
  const directory = await mkdtemp(join(tmpdir(), "grapevine-keyring-"));
  try {
    await using processes = new Processes();
    const keyringFile = join(directory, "ours");
    await writeFile(keyringFile, JSON.stringify([key("a")]));
    const kept = async (): Promise<string[]> => JSON.parse(await readFile(keyringFile, "utf8")) as string[];
    const agent = await processes.serf("alpha", { flags: ["-encrypt", key("a")] });
    await using ours = await start({ keyringFile, join: [agent.address] });
    await seeOneAnother(agent, "alpha", ours);
    assert.match(await agent.command("keys", `-install=${key("b", 16)}`), /Successfully installed key/);
    assert.equal(await kept(), [key("a"), key("b", 16)]);
    await agent.command("keys", `-use=${key("b", 16)}`);
    assert.equal(await kept(), [key("b", 16), key("a")]);
    assert.match(await agent.command("keys", "-list"), new RegExp(`${key("b", 16)} +\\[2/2\\]`));
    await agent.command("keys", `-remove=${key("a")}`);
    assert.equal(await kept(), [key("b", 16)]);
    const refusal = await agent.command("keys", `-remove=${key("b", 16)}`).catch((error: Error) => error.message);
    assert.match(refusal, /ours +Removing the primary key is not allowed/);
    const probes = ours.counters.gossip.probes;
    await until("probes pass under the new key", () => ours.counters.gossip.probes >= probes + 3);
    assert.is(ours.counters.gossip.probesFailed, 0);
    assert.is((await agent.member("ours"))?.status, "alive");
    return "install, use, list [2/2] and remove; our refusal to remove the primary is shown; probes pass, our file keeps";
  } finally {
    await rm(directory, { recursive: true });
  }
});

interop(24, async () => {
  await using processes = new Processes();
  const agent = await processes.serf("alpha", { flags: ["-encrypt", key("a")] });
  await using ours = await start({ encrypt: key("a"), join: [agent.address] });
  await seeOneAnother(agent, "alpha", ours);
  for (const order of ["install", "use"] as const) {
    const { nodes, answered, errors, silent } = await ours.keys[order](key("b"));
    assert.equal([nodes, answered, [...errors], silent], [2, 2, [], []], order);
  }
  const both = await agent.command("keys", "-list");
  for (const letter of ["a", "b"]) assert.match(both, new RegExp(`${key(letter)} +\\[2/2\\]`));
  const { keys, primaryKeys, lacking } = await ours.keys.list();
  assert.equal([keys.get(key("a")), keys.get(key("b")), primaryKeys.get(key("b")), lacking.size], [2, 2, 2, 0]);
  assert.equal([...(await ours.keys.remove(key("a"))).errors], []);
  assert.not.match(await agent.command("keys", "-list"), new RegExp(key("a")));
  const { probes } = ours.counters.gossip;
  await until("probes pass under the new key", () => ours.counters.gossip.probes >= probes + 3);
  assert.is(ours.counters.gossip.probesFailed, 0);
  return "installed, used and removed by us; serf keys -list shows the new one [2/2]";
});

test.run();

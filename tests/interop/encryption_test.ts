// timeout: 120
// needs: serf
// topics: discovery
/** Encrypted clusters of our node and real `serf` agents: the right key opens them, no other does. */
import { spawnSync } from "node:child_process";
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
import { Processes, type SerfAgent, until } from "./processes.ts";

if (spawnSync("serf", ["version"]).status !== 0) {
  // The runner counts this file as skipped before it starts it; this line is for whoever runs it by hand.
  console.log("skipped: the program serf is not installed (Debian package serf)");
  process.exit(0);
}

const key = (letter: string, length = 32): string => Buffer.from(letter.repeat(length)).toString("base64");

const start = (options: MembershipNodeOptions): Promise<MembershipNode> =>
  MembershipNode.start({ name: "ours", bind: "127.0.0.1:0", profile: "local", ...options });

const addressOf = (node: MembershipNode): string => `127.0.0.1:${node.address.port}`;

async function seeOneAnother(agent: SerfAgent, name: string, ours: MembershipNode): Promise<void> {
  await until(`${name} is alive here`, () => ours.member(name)?.status === "alive");
  await until(`we are alive at ${name}`, async () => (await agent.member("ours"))?.status === "alive");
}

for (const length of [16, 24, 32]) {
  test(`a key of ${length} bytes: agents join us, and we join them`, async () => {
    const encrypt = key("k", length);
    if (length === 24 && "Deno" in globalThis) {
      try {
        await start({ encrypt });
        assert.unreachable("Deno has AES-192 now: say so in the options");
      } catch (error) {
        assert.instance(error, InvalidKeyError);
        assert.match((error as Error).message, /24 bytes, and the cryptography of this runtime takes only 16 and 32$/);
      }
      return;
    }
    await using processes = new Processes();
    await using ours = await start({ encrypt, tags: { a: "1" } });
    const flags = ["-encrypt", encrypt, "-profile", "local"];
    const alpha = await processes.serf("alpha", { flags: [...flags, "-join", addressOf(ours)] });
    const beta = await processes.serf("beta", { flags: [...flags, "-disable-compression"] });
    await ours.join([beta.address]);
    await seeOneAnother(alpha, "alpha", ours);
    await seeOneAnother(beta, "beta", ours);
    await until("the agents know one another through us", async () => {
      const seen = [await beta.member("alpha"), await alpha.member("beta")];
      return seen.every((member) => member?.status === "alive");
    });
    assert.equal((await alpha.member("ours"))?.tags, { a: "1" });
    assert.match(await alpha.command("reachability"), /Successfully contacted all live nodes/);
    assert.equal([...ours.counters.gossip.dropped.keys()], []);
  });
}

test("a wrong key and a missing one fail the join with the reason, and the agent goes on as it was", async () => {
  await using processes = new Processes();
  const encrypted = await processes.serf("encrypted", { flags: ["-encrypt", key("k"), "-profile", "local"] });
  const plain = await processes.serf("plain", { flags: ["-profile", "local"] });
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
    const agent = await processes.serf(name, { flags: [...flags, "-profile", "local"] });
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
    const agent = await processes.serf("alpha", { flags: ["-keyring-file", files[0].path, "-profile", "local"] });
    await using ours = await start({ keyringFile: files[1].path, join: [agent.address] });
    await seeOneAnother(agent, "alpha", ours);
    assert.is(await readFile(files[1].path, "utf8"), JSON.stringify(files[1].keys, null, 2));
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("keys are rotated by `serf keys` with us in the cluster, and our file keeps them", async () => {
  const directory = await mkdtemp(join(tmpdir(), "grapevine-keyring-"));
  try {
    await using processes = new Processes();
    const keyringFile = join(directory, "ours");
    await writeFile(keyringFile, JSON.stringify([key("a")]));
    const kept = async (): Promise<string[]> => JSON.parse(await readFile(keyringFile, "utf8")) as string[];
    const agent = await processes.serf("alpha", { flags: ["-encrypt", key("a"), "-profile", "local"] });
    await using ours = await start({ keyringFile, join: [agent.address] });
    await seeOneAnother(agent, "alpha", ours);
    await agent.command("keys", `-install=${key("b", 16)}`);
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
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("`serf rtt` knows the way to us, and we know the way to the agent", async () => {
  await using processes = new Processes();
  const agent = await processes.serf("alpha", { flags: ["-encrypt", key("k"), "-profile", "local"] });
  await using ours = await start({ encrypt: key("k"), join: [agent.address] });
  await seeOneAnother(agent, "alpha", ours);
  await until("we have probed the agent", () => ours.rttMs("alpha") !== undefined);
  let printed = "";
  await until("the agent has probed us", async () => {
    printed = await agent.command("rtt", "alpha", "ours").catch(() => "");
    return printed !== "";
  });
  const estimates = [Number(/rtt: ([0-9.]+) ms/.exec(printed)?.[1]), ours.rttMs("alpha") ?? Number.NaN];
  for (const rttMs of estimates) assert.ok(rttMs > 0 && rttMs < 1_000, `${printed} ${estimates}`);
});

test.run();

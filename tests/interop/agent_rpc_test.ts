// timeout: 120
// needs: serf
// topics: discovery
// runtimes: bun, node (the third runtime has the same sockets, and each second of this costs)
/** The stock `serf` command line drives our node, in a cluster with a real agent: every command, what it prints and its end. */
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MembershipNode, type MembershipNodeOptions } from "../../src/agent/membership.ts";
import { type SerfRpcOptions, startSerfRpc } from "../../src/agent/serf_rpc.ts";
import { DisposalStack, formatAddress, toText } from "../../src/base/mod.ts";
import { Running } from "../cli/processes.ts";
import { ownAddress, ownHost } from "../own_host.ts";
import { interop, requireSerf } from "./numbered.ts";
import { ourOptions, Processes, type SerfAgent, until } from "./processes.ts";

requireSerf();

const key = (letter: string): string => Buffer.from(letter.repeat(32)).toString("base64");

interface Ended {
  readonly code: number;
  readonly out: string;
}

/** Runs the stock command line against an address. */
function serf(address: string, command: string, ...flags: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const args = [command, `-rpc-addr=${address}`, ...flags];
    execFile("serf", args, { timeout: 20_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), out: stdout + stderr });
    });
  });
}

interface Company {
  readonly alpha: SerfAgent;
  readonly ours: MembershipNode;
  /** Runs `serf` against our node. */
  readonly run: (command: string, ...flags: readonly string[]) => Promise<Ended>;
  readonly address: string;
}

/** Our node with its RPC, and a real agent that has joined it. */
async function company(
  stack: DisposalStack,
  options: { node?: MembershipNodeOptions; rpc?: SerfRpcOptions; flags?: readonly string[]; profile?: "lan" } = {},
): Promise<Company> {
  const processes = stack.use(new Processes());
  const ours = stack.use(await MembershipNode.start(ourOptions({ tags: { role: "ts", dc: "eu" }, ...options.node })));
  const rpc = stack.use(await startSerfRpc(ours, { address: ownAddress, ...options.rpc }));
  const join = ["-join", formatAddress(ours.address), "-tag", "role=go"];
  const flags = [...join, ...(options.flags ?? [])];
  const alpha = await processes.serf("alpha", { flags, ...(options.profile && { profile: options.profile }) });
  await until("both are alive here", () => ours.member("alpha")?.status === "alive");
  await until("we are alive there", async () => (await alpha.member("ours"))?.status === "alive");
  const address = formatAddress(rpc.address);
  return { alpha, ours, address, run: (command, ...flags) => serf(address, command, ...flags) };
}

function scenario(
  name: string,
  run: (company: Company) => Promise<void>,
  options: Parameters<typeof company>[1] = {},
): void {
  test(name, async () => {
    await using stack = new DisposalStack();
    await run(await company(stack, options));
  });
}

/** All of what was printed, and a good end. */
function well({ code, out }: Ended): string {
  assert.is(code, 0, out);
  return out;
}

/** Commands of which the real agent and ours must print the same, in the order in which they are given to both. */
const sameCommands: readonly (readonly [string, ...string[]])[] = [
  ["members"],
  ["members", "-detailed"],
  ["members", "-format=json"],
  ["members", "-tag=role=t.", "-status=alive"],
  ["members", "-status=failed"],
  ["members", "-tag=role=nobody", "-format=json"],
  ["event", "-coalesce=false", "deploy", "v1"],
  ["event", "build"],
  ["query", "-timeout=500ms", "load", "now"],
  ["query", "-timeout=500ms", "-format=json", "load"],
  ["query", "-timeout=500ms", "-no-ack", "-node=alpha", "load"],
  ["query", "-timeout=500ms", "-no-ack", "nobody-answers"],
  ["tags", "-set", "zone=b", "-delete", "dc"],
  ["tags"],
  ["keys", "-list"],
  ["keys", `-install=${key("b")}`],
  ["keys", `-use=${key("b")}`],
  ["keys", `-remove=${key("a")}`],
  ["reachability"],
  ["force-leave", "nobody"],
  ["rtt", "nobody"],
];

/** Lines in one order, and tags too, which a real agent prints in any; without what only the time decides. */
function inOneOrder({ code, out }: Ended): { code: number; lines: string[] } {
  const lines = out.trim().startsWith("{")
    ? JSON.stringify(sorted(JSON.parse(out) as Json), null, 1).split("\n")
    : out.split("\n").map((line) => line.replace(/[\w.-]+=[^ ]*/, (tags) => tags.split(",").sort().join()));
  const timeless = lines.map((line) => line.replace(/\d+(\.\d+)?(ms|s|µs)\b/g, "TIME").replace(/ +/g, " "));
  return { code, lines: timeless.filter((line) => line !== "").sort() };
}

type Json = null | string | number | boolean | readonly Json[] | { readonly [field: string]: Json };

function sorted(value: Json): Json {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(sorted).sort((left, right) => (stringOf(left) < stringOf(right) ? -1 : 1));
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((field) => [field, sorted((value as { [field: string]: Json })[field] as Json)]),
  );
}

const stringOf = (value: Json): string => JSON.stringify(value);

interop(36, async () => {
  await using stack = new DisposalStack();
  const handler = ["-event-handler", "query:load=echo load"];
  const encrypt = key("a");
  const options = {
    node: { encrypt, profile: "lan" as const },
    flags: ["-encrypt", encrypt, ...handler],
    profile: "lan" as const,
  };
  const { alpha, ours, address } = await company(stack, options);
  ours.onQuery("load", () => "load\n");
  for (const [command, ...flags] of sameCommands) {
    const [theirs, own] = [await serf(alpha.rpc, command, ...flags), await serf(address, command, ...flags)];
    const what = `serf ${[command, ...flags].join(" ")}`;
    assert.equal(inOneOrder(own), inOneOrder(theirs), `${what}\ntheirs: ${theirs.out}\nours: ${own.out}`);
  }
  const joins = [
    await serf(address, "join", alpha.address),
    await serf(alpha.rpc, "join", formatAddress(ours.address)),
  ];
  assert.equal(inOneOrder(joins[0] as Ended), inOneOrder(joins[1] as Ended));
  const ends = [await serf(address, "leave"), await serf(alpha.rpc, "leave")].map(inOneOrder);
  assert.equal(ends[0], ends[1]);
  return `${sameCommands.length + 2} commands print the same and end the same, given to a real agent and to us`;
});

scenario("members: all of them, in detail, filtered and in JSON", async ({ alpha, ours, run }) => {
  const lines = well(await run("members"))
    .trim()
    .split("\n")
    .sort();
  assert.match(lines[0] as string, new RegExp(`^alpha +${alpha.address} +alive +role=go$`));
  assert.match(
    lines[1] as string,
    new RegExp(`^ours +${formatAddress(ours.address)} +alive +(dc=eu,role=ts|role=ts,dc=eu)$`),
  );
  assert.match(
    well(await run("members", "-detailed", "-name=alpha")),
    /Protocol Version: 5 +Available Protocol Range: \[2, 5\]/,
  );
  for (const [flag, name] of [
    ["-name=o.*", "ours"],
    ["-tag=role=g.", "alpha"],
    ["-tag=dc=eu", "ours"],
  ] as const) {
    const listed = well(await run("members", flag, "-format=json"));
    const { members } = JSON.parse(listed) as { members: { name: string; tags: object; status: string }[] };
    assert.equal(
      members.map((member) => member.name),
      [name],
    );
    const theirs = (await alpha.member(name)) as object;
    assert.equal(members[0], theirs);
  }
  assert.is(well(await run("members", "-status=failed")).trim(), "");
  const refused = await run("members", "-name=(");
  assert.is(refused.code, 1);
  assert.match(refused.out, /a filter is no expression/);
});

scenario("tags, info, rtt and reachability", async ({ alpha, ours, run }) => {
  assert.match(well(await run("tags", "-set", "zone=b", "-delete", "dc")), /Successfully updated agent tags/);
  await until("the agent sees the new tags", async () => (await alpha.member("ours"))?.tags["zone"] === "b");
  assert.equal((await alpha.member("ours"))?.tags, { role: "ts", zone: "b" });
  const refused = await run("tags", "-set", `long=${"x".repeat(600)}`);
  assert.is(refused.code, 1);
  assert.match(refused.out, /allowed are 512/);

  const info = well(await run("info"));
  for (const line of ["name = ours", "members = 2", "failed = 0", "encrypted = false", "zone = b"]) {
    assert.ok(info.includes(`\t${line}\n`), `${line} is in ${info}`);
  }
  // Above 0 where this machine is too busy to answer in time.
  assert.match(info, /\thealth_score = [0-8]\n/);
  const { agent, serf: counts } = JSON.parse(well(await run("info", "-format=json"))) as {
    agent: { name: string };
    serf: { members: string };
  };
  assert.equal([agent.name, counts.members], ["ours", "2"]);

  await until("the places of both are known", () => ours.rttMs("alpha") !== undefined);
  assert.match(well(await run("rtt", "alpha")), /^Estimated alpha <-> ours rtt: \d+\.\d+ ms/);
  assert.match(well(await run("rtt", "ours", "alpha")), /^Estimated ours <-> alpha rtt: \d+\.\d+ ms/);
  const unplaced = await run("rtt", "nobody");
  assert.is(unplaced.code, 1);
  assert.match(unplaced.out, /Could not find a coordinate for node "nobody"/);

  const reached = well(await run("reachability", "-verbose"));
  assert.match(reached, /Total members: 2, live members: 2/);
  assert.match(reached, /Ack from 'alpha'/);
  assert.match(reached, /Successfully contacted all live nodes/);
});

scenario(
  "event and query: to both kinds of nodes, with answers, acks, filters and timeouts",
  async ({ alpha, ours, run }) => {
    const heard: string[] = [];
    ours.on("user-event", ({ name, payload, coalesce }) => heard.push(`${name} ${toText(payload)} ${coalesce}`));
    ours.onQuery("load", (query) => `load of ours ${toText(query.payload)}`);
    assert.match(well(await run("event", "-coalesce=false", "deploy", "1.2.3")), /Event 'deploy' dispatched/);
    await until("both heard", () => heard.length > 0 && alpha.log.includes("deploy"));
    assert.equal(heard, ["deploy 1.2.3 false"]);
    const tooLarge = await run("event", "big", "x".repeat(600));
    assert.is(tooLarge.code, 1);
    assert.match(tooLarge.out, /Cannot send user event "big"/);

    const answered = well(await run("query", "load", "now"));
    assert.match(answered, /Ack from 'alpha'/);
    assert.match(answered, /Ack from 'ours'/);
    assert.match(answered, /Response from 'ours': load of ours now/);
    assert.match(answered, /Response from 'alpha': load of alpha/);
    assert.match(answered, /Total Acks: 2\nTotal Responses: 2/);
    const one = well(await run("query", "-node=alpha", "-no-ack", "-timeout=2s", "load"));
    assert.match(one, /Response from 'alpha': load of alpha\nTotal Responses: 1/);
    const tagged = well(await run("query", "-tag=role=t.", "-relay-factor=1", "-format=json", "-timeout=2s", "load"));
    const { Responses } = JSON.parse(tagged) as { Responses: object };
    assert.equal(Responses, { ours: "load of ours " });
    assert.match(well(await run("query", "-timeout=300ms", "-no-ack", "nobody-answers")), /Total Responses: 0/);
    const internal = await run("query", "_serf_conflict", "x");
    assert.is(internal.code, 1);
    assert.match(internal.out, /Cannot ask query "_serf_conflict"/);
  },
  { flags: ["-event-handler", "query:load=echo load of alpha"] },
);

scenario(
  "join, a failed member, force-leave with prune, and leave",
  async ({ alpha, ours, run, address }) => {
    await using processes = new Processes();
    const beta = await processes.serf("beta");
    assert.match(well(await run("join", "-replay", beta.address)), /Successfully joined cluster by contacting 1 nodes/);
    await until("all three are alive there", async () => (await beta.members()).length === 3);
    const nobody = await run("join", "127.0.0.1:1");
    assert.is(nobody.code, 1);
    assert.match(nobody.out, /Error joining the cluster: Cannot join: 127.0.0.1:1/);

    beta.signal("SIGKILL");
    await until("beta is failed here", () => ours.member("beta")?.status === "failed", 20_000);
    await until("beta is failed there", async () => (await alpha.member("beta"))?.status === "failed", 20_000);
    assert.match(well(await run("members", "-status=failed")), /^beta /);
    assert.is((await run("reachability")).code, 0);
    well(await run("force-leave", "-prune", "beta"));
    await until("beta is forgotten", async () => ours.member("beta") === undefined && !(await alpha.member("beta")));
    assert.is((await run("force-leave", "nobody")).code, 0);
    assert.is((await run("force-leave", "ours")).code, 1);

    assert.match(well(await run("leave")), /Graceful leave complete/);
    await until("the node has stopped, and its RPC", async () => (await serf(address, "members")).code === 1);
    await until("the agent saw it leave", async () => (await alpha.member("ours"))?.status === "left");
    assert.not.match(alpha.log, /EventMemberFailed: ours/);
  },
  // Told more often than on one machine's numbers: one who is dead must not swallow all of it.
  { node: { settings: { retransmitMult: 8 } } },
);

scenario(
  "keys: listed, installed, used and removed in the whole cluster",
  async ({ run }) => {
    const listed = (letter: string): RegExp => new RegExp(`${key(letter).replaceAll("+", "\\+")} +\\[2/2\\]`);
    assert.match(well(await run("keys", "-list")), listed("a"));
    assert.match(well(await run("keys", `-install=${key("b")}`)), /Successfully installed key/);
    assert.match(well(await run("keys", "-list")), listed("b"));
    assert.match(well(await run("keys", `-use=${key("b")}`)), /Successfully changed primary key/);
    assert.match(well(await run("keys", `-remove=${key("a")}`)), /Successfully removed key/);
    const last = await run("keys", `-remove=${key("b")}`);
    assert.is(last.code, 1);
    assert.match(last.out, /ours +Removing the primary key is not allowed/);
    assert.match(last.out, /2\/2 nodes reported failure/);
    const short = await run("keys", "-install=AAAA");
    assert.is(short.code, 1);
    assert.match(short.out, /it has 3 bytes, allowed are 16, 24 and 32/);
    assert.match(well(await run("info")), /encrypted = true/);
  },
  { node: { encrypt: key("a") }, flags: ["-encrypt", key("a")] },
);

scenario(
  "monitor: the lines from before, then lines and events as they come",
  async ({ alpha, ours, run, address }) => {
    let printed = "";
    const monitor = spawn("serf", ["monitor", `-rpc-addr=${address}`, "-log-level=debug"]);
    const ended = new Promise((resolve) => monitor.once("close", resolve));
    monitor.stdout.on("data", (bytes: Uint8Array) => {
      printed += String(bytes);
    });
    try {
      await until("the past is printed", () => printed.includes(`[INFO] serf: EventMemberJoin: alpha ${ownHost}`));
      await alpha.command("event", "-coalesce=false", "from-there", "hi");
      well(await run("query", "-timeout=500ms", "who"));
      for (const line of ['Event: "user"', 'Name: "from-there"', "Coalesce: false", 'Event: "query"', 'Name: "who"']) {
        await until(`${line} is printed`, () => printed.includes(`\t${line}\n`));
      }
      assert.match(printed, /\[DEBUG\] agent: Received event: user-event: from-there/);
      ours.setTags({ changed: "yes" });
      await until(
        "the change is printed",
        () => printed.includes('"member-update"') || printed.includes("EventMemberUpdate: ours"),
      );
    } finally {
      monitor.kill("SIGKILL");
      await ended;
    }
  },
);

scenario(
  "a token: the command line must show it",
  async ({ run }) => {
    assert.match(well(await run("members", "-rpc-auth=open sesame")), /^(ours|alpha) /);
    for (const flags of [[], ["-rpc-auth=open barley"]]) {
      const refused = await run("members", ...flags);
      assert.is(refused.code, 1);
      assert.match(refused.out, /Authentication required|Invalid authentication token/);
    }
  },
  { rpc: { auth: "open sesame" } },
);

test("`grapevine agent --serf-rpc-addr`: driven by `serf`, which may not touch the node's own tags", async () => {
  const directory = mkdtempSync(path.join(tmpdir(), "grapevine-serf-rpc-"));
  const agent = new Running(
    ["agent", "--bind", ownAddress, "--rpc-addr", ownAddress, "--serf-rpc-addr", ownAddress, "--data-dir", directory],
    { env: { GRAPEVINE_SERF_RPC_AUTH: "token", GRAPEVINE_NODE_NAME: "grape" } },
  );
  try {
    const address = (await agent.printed(/^serf +(\S+)$/m))[1] as string;
    await agent.printed(/^ready$/m);
    assert.is((await serf(address, "members")).code, 1);
    const run = (command: string, ...flags: string[]) => serf(address, command, "-rpc-auth=token", ...flags);
    assert.match(well(await run("members")), /^grape /);
    well(await run("tags", "-set", "zone=c"));
    assert.match(well(await run("members", "-tag", "zone=c")), /^grape .*rpc_addr=127\./);
    const refused = await run("tags", "-delete", "rpc_addr");
    assert.is(refused.code, 1);
    assert.match(refused.out, /Cannot change tag "rpc_addr"/);
    well(await run("leave"));
    assert.is((await agent.finished).code, 0);
  } finally {
    agent.child.kill("SIGKILL");
    await agent.finished;
    rmSync(directory, { recursive: true, force: true });
  }
});

test.run();

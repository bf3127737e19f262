// timeout: 120
// alone
// needs: serf
// topics: discovery
// runtimes: bun, node (the third runtime has the same sockets, and each second of this costs)
/**
 * Our node and real `serf` agents of which two cannot reach each other directly: a third one pings for them.
 *
 * An agent looks for its one helper (`-profile local`) by 3n random draws from its n members, itself and the target among
 * them (`kRandomNodes`, memberlist 0.2.2). With h helpers it finds none with probability (1 - h/n)^3n: 2.6 % of probes with
 * one, one in a million with three, so there are several here.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Address, DisposalStack, parseAddress } from "../../src/base/mod.ts";
import { FilteredNode } from "./filtered_node.ts";
import { interop, requireSerf } from "./numbered.ts";
import { observe, ourOptions, Processes, type SerfAgent, until } from "./processes.ts";

requireSerf();

interop(27, async () => {
  const lost = await asTarget();
  await asHelpers();
  return `reached through others while ${lost} direct packets were lost; nacked for alpha: its health_score stayed 0`;
});

/** Alpha's packets do not reach us, nor do connections. By way of the others they do. */
async function asTarget(): Promise<number> {
  await using processes = new Processes();
  const alpha = await processes.serf("alpha");
  const helpers = ["beta", "gamma", "delta"];
  for (const name of helpers) await processes.serf(name, { flags: ["-join", alpha.address] });
  await using ours = await FilteredNode.start(ourOptions());
  await ours.join(alpha.address);
  await untilAlive(["ours", ...helpers], alpha);
  const { port } = parseAddress(alpha.address, 0) as Address;
  let lost = 0;
  ours.filter = ({ transport, peer }) => {
    const isLost = transport === "tcp" || peer.port === port;
    if (isLost && transport === "udp") lost++;
    return !isLost;
  };
  await until("they miss each other", () => alpha.said(/Failed ping: ours/).length >= 2 && lost > 3);
  // The probe is over a second after it began.
  await observe(1_500);
  assert.equal(alpha.said(/Suspect ours|Was able to connect to ours/), []);
  // A busy machine may be late for a helper's answer once: alpha refutes that.
  const { suspicions } = ours.machine.counters.gossip;
  assert.ok(suspicions <= 1, `${suspicions} suspicions`);
  assert.is(ours.machine.member("alpha")?.status, "alive");
  return lost;
}

/** Beta does not answer, and nacks of all who could help, which are nodes of ours, say that this is no fault of alpha's. */
async function asHelpers(): Promise<void> {
  await using processes = new Processes();
  const alpha = await processes.serf("alpha");
  const beta = await processes.serf("beta", { flags: ["-join", alpha.address] });
  await using stack = new DisposalStack();
  const names = ["first", "second", "third", "fourth"];
  for (const name of names) {
    // Alpha is to find out for itself: who does not probe suspects nobody.
    const node = stack.use(await FilteredNode.start(ourOptions({ name, settings: { probeIntervalMs: 600_000 } })));
    await node.join(alpha.address);
  }
  await untilAlive(names, alpha);
  beta.signal("SIGSTOP");
  await until("alpha suspects beta", () => alpha.said(/Suspect beta has failed, no acks received/).length > 0);
  // Without a helper, or without its nack, it is 1.
  assert.match(await alpha.command("info"), /health_score = 0\n/);
}

/** All of them for one agent: the others need not know of one another to help. */
async function untilAlive(names: readonly string[], agent: SerfAgent): Promise<void> {
  await until(`${names.join(", ")} are alive there`, async () => {
    const alive = (await agent.members()).filter(({ status }) => status === "alive").map(({ name }) => name);
    return names.every((name) => alive.includes(name));
  });
}

test.run();

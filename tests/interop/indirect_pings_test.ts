// timeout: 120
// alone
// needs: serf
// topics: discovery
// runtimes: bun, node (the third runtime has the same sockets, and each second of this costs)
/** Our node and real `serf` agents of which two cannot reach each other directly: a third one pings for them. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Address, parseAddress } from "../../src/base/mod.ts";
import { FilteredNode } from "./filtered_node.ts";
import { interop, requireSerf } from "./numbered.ts";
import { observe, ourOptions, Processes, until } from "./processes.ts";

requireSerf();

interop(27, async () => {
  await using processes = new Processes();
  const alpha = await processes.serf("alpha");
  const beta = await processes.serf("beta", { flags: ["-join", alpha.address] });
  await using ours = await FilteredNode.start(ourOptions());
  await ours.join(alpha.address);
  for (const agent of [alpha, beta]) {
    await until("we are alive there", async () => (await agent.member("ours"))?.status === "alive");
  }
  // As the target: alpha's packets do not reach us, nor do connections. By way of beta they do.
  const { port } = parseAddress(alpha.address, 0) as Address;
  let lost = 0;
  ours.filter = ({ transport, peer }) => {
    const isLost = transport === "tcp" || peer.port === port;
    if (isLost && transport === "udp") lost++;
    return !isLost;
  };
  await observe(5_000);
  assert.ok(lost > 3, `${lost} packets lost`);
  assert.equal(alpha.said(/Suspect ours|Was able to connect to ours/), []);
  // A busy machine may be late for beta's help once: alpha refutes that.
  const { suspicions } = ours.machine.counters.gossip;
  assert.ok(suspicions <= 1, `${suspicions} suspicions`);
  assert.is(ours.machine.member("alpha")?.status, "alive");
  ours.filter = () => true;
  // Probes that are under way must not end without their helper.
  await observe(2_000);
  // As the helper: beta does not answer, and our nacks say that this is no fault of alpha's.
  beta.signal("SIGSTOP");
  const scores = new Set<string>();
  await until(
    "beta is failed",
    async () => {
      scores.add(/health_score = (\d+)/.exec(await alpha.command("info"))?.[1] ?? "");
      return (await alpha.member("beta"))?.status === "failed";
    },
    30_000,
  );
  assert.ok(alpha.said(/Suspect beta/).length > 0);
  assert.equal([...scores], ["0"]);
  return `reached through a third node while ${lost} direct packets were lost; nacked for it: its health_score stayed 0`;
});

test.run();

// timeout: 150
// needs: serf
// topics: discovery
// runtimes: bun, node (the third runtime has the same sockets, and each second of this costs)
/** What the network may do to our node and real `serf` agents: carry very much, or TCP alone. */
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Address, ipToBytes, parseAddress } from "../../src/base/mod.ts";
import { StreamReader } from "../../src/gossip/stream_reader.ts";
import { encodeMessage, encodePushPull, type PushPull, type RemoteNode } from "../../src/gossip/wire.ts";
import { decodeTags, encodeTags } from "../../src/membership/mod.ts";
import { FilteredNode } from "./filtered_node.ts";
import { interop, requireSerf } from "./numbered.ts";
import { observe, ourOptions, Processes, type SerfAgent, until } from "./processes.ts";

requireSerf();

const addressOf = (text: string): Address => parseAddress(text, 0) as Address;

/** Members that nobody has ever seen, all of them on addresses of this machine where nobody listens. */
function strangers(count: number): RemoteNode[] {
  return Array.from({ length: count }, (_, index) => ({
    alive: {
      type: "alive",
      incarnation: 1,
      node: `stranger-${index}`,
      address: ipToBytes(`127.99.${index >> 8}.${index & 255}`) as Uint8Array,
      port: 1,
      meta: encodeTags(new Map([["role", `number ${index}`]])),
      versions: Uint8Array.of(1, 5, 2, 2, 5, 4),
    },
    state: "alive",
  }));
}

/** Says this state to an agent as a node that joins; resolves with its answer and how many bytes that took. */
function pushPull(to: Address, nodes: readonly RemoteNode[]): Promise<{ answer: PushPull; bytes: number }> {
  return new Promise((resolve, reject) => {
    const socket = connect(to.port, to.host);
    const reader = new StreamReader(undefined, "dialled");
    let bytes = 0;
    socket.once("error", reject);
    socket.on("data", (chunk) => {
      bytes += chunk.length;
      const scan = reader.push(new Uint8Array(chunk as Uint8Array));
      if (scan === undefined) return;
      socket.destroy();
      if (scan.type === "message" && scan.message.type === "push-pull") resolve({ answer: scan.message, bytes });
      else reject(new Error(`Cannot read the answer: it is ${JSON.stringify(scan)}`));
    });
    socket.write(encodePushPull({ type: "push-pull", join: true, nodes, userState: new Uint8Array(0) }));
  });
}

/** Pings so often, and resolves with the sizes of the answers: each takes along as much news as it has room for. */
async function answersTo(pings: number, agent: SerfAgent): Promise<number[]> {
  const socket = createSocket("udp4");
  const sizes: number[] = [];
  socket.on("message", (bytes) => sizes.push(bytes.length));
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  try {
    const source = { sourceAddress: new Uint8Array(0), sourcePort: 0, sourceName: "" };
    const { host, port } = addressOf(agent.address);
    for (let sequence = 1; sequence <= pings; sequence++) {
      socket.send(encodeMessage({ type: "ping", sequence, node: "", ...source }), port, host);
    }
    // A few may be lost where nobody waits.
    await until("the answers came", () => sizes.length >= pings / 2);
  } finally {
    socket.close();
  }
  return sizes;
}

interop(25, async () => {
  const count = 3_000;
  await using processes = new Processes();
  const alpha = await processes.serf("alpha", { profile: "lan" });
  await pushPull(addressOf(alpha.address), strangers(count));
  // An agent answers first and takes in what it was told then.
  await until("the agent has them", async () => (await alpha.members()).length === count + 1);
  const { answer, bytes } = await pushPull(addressOf(alpha.address), []);
  assert.is(answer.nodes.length, count + 1);
  const sizes = await answersTo(40, alpha);
  const largest = Math.max(...sizes);
  assert.ok(largest <= 1_400, `a datagram of ${largest} bytes`);
  await using ours = await FilteredNode.start(ourOptions({ profile: "lan" }));
  await ours.join(alpha.address);
  // The agent finds out about one of them each second, and nobody takes in strangers who are suspected.
  const known = (await pushPull(addressOf(alpha.address), [])).answer.nodes.filter(({ state }) => state === "alive");
  assert.ok(known.length > 0.9 * count, `${known.length} nodes are alive there`);
  for (const { alive } of known) {
    assert.equal(ours.machine.member(alive.node)?.tags, decodeTags(alive.meta), alive.node);
  }
  await until("we are alive there", async () => (await alpha.member("ours"))?.status === "alive");
  await observe(1_000);
  assert.ok(ours.largestDatagramBytes <= 1_400, `a datagram of ${ours.largestDatagramBytes} bytes`);
  const most = Math.max(largest, ours.largestDatagramBytes);
  return `${count} told, ${answer.nodes.length} come back in ${bytes} bytes and decode; its datagrams have ${most} bytes at most`;
});

interop(26, async () => {
  await using processes = new Processes();
  const alpha = await processes.serf("alpha");
  await using ours = await FilteredNode.start(ourOptions());
  ours.filter = ({ transport }) => transport === "tcp";
  await ours.join(alpha.address);
  await until("we are alive there", async () => (await alpha.member("ours"))?.status === "alive");
  await alpha.command("tags", "-set", "told=by-tcp");
  await until(
    "it warns of UDP",
    () => alpha.said(/Was able to connect to ours (but other|over TCP but UDP) probes failed/).length >= 3,
  );
  await until("we warn of UDP", () => ours.warnings.some((warning) => /alpha .*UDP|UDP.* alpha/.test(warning)));
  await until("its tags came by push/pull", () => ours.machine.member("alpha")?.tags.get("told") === "by-tcp", 35_000);
  assert.equal([alpha.said(/EventMemberFailed|Suspect ours/), ours.machine.member("alpha")?.status], [[], "alive"]);
  assert.is((await alpha.member("ours"))?.status, "alive");
  return "both stay alive by TCP pings, both warn, tags come by push/pull";
});

test.run();

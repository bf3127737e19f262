// timeout: 240
// needs: serf iproute2 namespaces
// topics: discovery
// runtimes: bun (the kernel between two networks does the work, and each second of this costs)
/** Which way is broken, with real processes, a cable between two networks, and a kernel that drops datagrams there. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Cable, Namespace } from "./namespaces.ts";
import { Processes, until } from "./processes.ts";

/** Drops what comes in by UDP from the cable, as a firewall does: without a word, and TCP goes on. */
async function dropDatagrams(namespace: Namespace, device: string): Promise<void> {
  await namespace.run("ip", "rule", "add", "pref", "10", "iif", device, "ipproto", "udp", "blackhole");
}

async function passDatagrams(namespace: Namespace): Promise<void> {
  await namespace.run("ip", "rule", "del", "pref", "10");
}

/** Rules are looked through in their order, and the one for the host's own addresses comes first: this moves it back. */
async function makeRoomForRules(namespace: Namespace): Promise<void> {
  await namespace.run("ip", "rule", "add", "pref", "100", "lookup", "local");
  await namespace.run("ip", "rule", "del", "pref", "0");
}

/** Long enough for two lost pings, a test of the way, and probes that an unwell node takes longer for. */
const withinMs = 60_000;

for (const peer of ["a serf agent", "a node of ours"] as const) {
  test(`datagrams are dropped on the way to ${peer}, from it, and both ways: each is named, and nobody fails`, async () => {
    await using processes = new Processes();
    const [left, right] = [await Namespace.open(processes), await Namespace.open(processes)];
    const cable = await Cable.between(left, right);
    for (const namespace of [left, right]) await makeRoomForRules(namespace);
    const address =
      peer === "a serf agent"
        ? (await processes.serf("alpha", { host: cable.left, place: left })).address
        : `${cable.left}:${(await processes.node({ name: "alpha", bind: `${cable.left}:0` }, left)).port}`;
    const ours = await processes.node({ name: "ours", bind: `${cable.right}:0`, join: [address] }, right);
    const verdict = async () => (await ours.health()).find(({ name }) => name === "alpha")?.verdict;
    const isNamed = (wanted: string) => until(`it is ${wanted}`, async () => (await verdict()) === wanted, withinMs);
    const isTold = (cause: string) =>
      until(`it is told: ${cause}`, () => ours.lines.some(({ warning }) => warning?.includes(cause)), withinMs);

    await isNamed("ok");
    await dropDatagrams(left, "gv0");
    await isNamed("udp-out");
    await isTold("by UDP: its datagrams arrive here, those of this node do not arrive there");
    await passDatagrams(left);
    await isNamed("ok");
    await dropDatagrams(right, "gv1");
    await isNamed("udp-in");
    await isTold("by UDP: datagrams of this node arrive there, those of it do not arrive here");
    await passDatagrams(right);
    await isNamed("ok");
    for (const [namespace, device] of [
      [left, "gv0"],
      [right, "gv1"],
    ] as const) {
      await dropDatagrams(namespace, device);
    }
    await until("both ways are named", async () => (await ours.health())[0]?.udpOut === "lost", withinMs);
    const [report] = await ours.health();
    await isTold("by UDP: no datagram passes between it and this node in either direction");
    assert.equal([report?.verdict, report?.udpIn, report?.tcp], ["tcp-only", "lost", "works"]);
    assert.equal(ours.saw("member-failed"), []);
  });
}

test.run();

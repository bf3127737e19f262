/** A cluster on virtual time that somebody means ill, and what must be true of it afterwards. */
import * as assert from "uvu/assert";
import { type Address, concat, toBytes } from "../../src/base/mod.ts";
import { encodePushPull, type PushPull } from "../../src/gossip/wire.ts";
import type { MembershipOptions } from "../../src/membership/mod.ts";
import { VirtualCluster, type VirtualNode } from "./virtual_cluster.ts";

/** Where the ill-meaning sender seems to be. */
const stranger: Address = { host: "127.0.0.1", port: 9 };

export class AttackedCluster {
  readonly cluster: VirtualCluster;
  readonly nodes: readonly VirtualNode[];
  #nextStream = 1_000_000;
  #nextQuery = 1;

  constructor(seed: string, options: Partial<MembershipOptions> = {}, names: readonly string[] = ["a", "b", "c", "d"]) {
    this.cluster = new VirtualCluster(seed);
    this.nodes = this.cluster.start(names, { coalesceWindowMs: 0, ...options });
    this.cluster.onQuery = (node, query) => {
      this.cluster.push(node, { type: "respond", query, payload: toBytes(node.name) });
    };
  }

  get first(): VirtualNode {
    return this.nodes[0] as VirtualNode;
  }

  /** A datagram to one node. */
  datagram(node: VirtualNode, bytes: Uint8Array): void {
    this.cluster.push(node, { type: "datagram", from: stranger, bytes });
  }

  /** A message of Serf's layer to one node. */
  serf(node: VirtualNode, message: Uint8Array): void {
    this.datagram(node, concat([Uint8Array.of(8), message]));
  }

  /** A connection to one node that brings these bytes. */
  stream(node: VirtualNode, bytes: Uint8Array): void {
    const stream = this.#nextStream;
    this.#nextStream += 2;
    this.cluster.push(node, { type: "stream-accepted", stream, from: stranger });
    this.cluster.push(node, { type: "stream-bytes", stream, bytes });
    this.cluster.push(node, { type: "stream-closed", stream });
  }

  /** A whole exchange of state. */
  pushPull(node: VirtualNode, changes: Partial<PushPull>): void {
    const empty = { type: "push-pull", join: false, nodes: [], userState: new Uint8Array(0) } as const;
    this.stream(node, encodePushPull({ ...empty, ...changes }));
  }

  /** Drops of one kind, at all nodes. */
  dropped(reason: string): number {
    return this.nodes.reduce((sum, { machine }) => sum + (machine.counters.gossip.dropped.get(reason) ?? 0), 0);
  }

  /**
   * Fails when what came in did harm: somebody is not known as alive, was failed meanwhile, says something that others do
   * not hear, or leaves without their noticing.
   */
  assertSound(): void {
    const { cluster, nodes } = this;
    cluster.run(40_000);
    const everybody = nodes.map(({ name }) => name);
    for (const node of nodes) {
      const alive = node.machine.members().filter(({ status }) => status === "alive");
      const names = alive.map(({ name }) => name);
      assert.equal(names.filter((name) => everybody.includes(name)).sort(), everybody, `alive for ${node.name}`);
      for (const { name, tags } of alive) {
        if (everybody.includes(name)) assert.is(tags.get("role"), undefined, `${name} as ${node.name} sees it`);
      }
    }
    for (const name of everybody) assert.equal(cluster.everSaw(name, "member-failed"), [], `who ever failed ${name}`);
    for (const node of nodes) {
      const name = `from-${node.name}`;
      cluster.push(node, { type: "send-user-event", event: { name, payload: new Uint8Array(0), coalesce: false } });
      cluster.run(3_000);
      const heard = cluster.trace.filter((line) => line.includes(" user-event ") && line.endsWith(` ${name}`));
      const hearers = heard.map((line) => line.split(" ")[1] as string).filter((each) => everybody.includes(each));
      assert.equal(hearers.sort(), everybody, `who heard ${name}`);
    }
    this.#assertAnswered();
    const last = nodes.at(-1) as VirtualNode;
    cluster.push(last, { type: "leave" });
    cluster.run(15_000);
    for (const node of nodes.slice(0, -1)) {
      assert.is(node.machine.member(last.name)?.status, "left", `how ${node.name} sees who left`);
    }
  }

  #assertAnswered(): void {
    for (const node of this.nodes) {
      const from = this.cluster.trace.length;
      const request = {
        name: "who",
        payload: new Uint8Array(0),
        timeoutMs: 10_000,
        nodes: this.nodes.map((n) => n.name),
      };
      this.cluster.push(node, { type: "ask", id: this.#nextQuery++, request });
      this.cluster.run(12_000);
      const lines = this.cluster.trace.slice(from).filter((line) => line.includes(` ${node.name} answered `));
      assert.is(lines.length, this.nodes.length, `who answered ${node.name}`);
    }
  }
}

/** What `serf info` and `grapevine info` show: sections of names and values that Serf's operators know. */
import type { Member } from "../membership/mod.ts";
import type { EventHandlerSpec } from "./event_handlers.ts";
import type { MembershipNode } from "./membership_node.ts";

/** What kind of program the node is. */
export interface ProgramFacts {
  readonly os: string;
  readonly arch: string;
  readonly version: string;
  /** Processors that the machine has. */
  readonly cpuCount: number;
}

export type NodeInfo = ReadonlyMap<string, ReadonlyMap<string, string>>;

export function nodeInfo(
  node: MembershipNode,
  { os, arch, version, cpuCount }: ProgramFacts,
  handlers: readonly EventHandlerSpec[],
): NodeInfo {
  const { queues, health, lamport, coordinateResets } = node.counters;
  const members = node.members();
  const count = (status: Member["status"]): number => members.filter((member) => member.status === status).length;
  const serf = {
    coordinate_resets: coordinateResets,
    encrypted: node.details.isEncrypted,
    event_queue: queues.event,
    event_time: lamport.event,
    failed: count("failed"),
    health_score: health,
    intent_queue: queues.intent,
    left: count("left"),
    member_time: lamport.member,
    members: members.length,
    query_queue: queues.query,
    query_time: lamport.query,
  };
  // One thread runs all of a node, and there are no goroutines: scripts that look for the fields find that.
  const runtime = { arch, cpu_count: cpuCount, goroutines: 0, max_procs: 1, os, version };
  return new Map<string, ReadonlyMap<string, string>>([
    ["agent", new Map([["name", node.localName]])],
    ["event_handlers", handlersOf(handlers)],
    ["runtime", textsOf(runtime)],
    ["serf", textsOf(serf)],
    ["tags", new Map(node.member(node.localName)?.tags)],
  ]);
}

function textsOf(values: Readonly<Record<string, string | number | boolean>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(values).map(([name, value]) => [name, String(value)]));
}

/** By `TYPE:NAME`, as Serf shows them; several programs for one kind of event on one line. */
function handlersOf(handlers: readonly EventHandlerSpec[]): ReadonlyMap<string, string> {
  const shown = new Map<string, string>();
  for (const { filters, command } of handlers) {
    for (const filter of filters) {
      const key = filter.includes(":") ? filter : `${filter}:`;
      const before = shown.get(key);
      shown.set(key, before === undefined ? command : `${before}; ${command}`);
    }
  }
  return shown;
}

/** Which node is the home of a group of consumers, and the way to it. */
import { type Clock, type DisposalStack, rendezvousPick } from "../base/mod.ts";
import type { WorkInGroupRequest, WorkInGroupResponse } from "../gen/log/v1/log_pb.ts";
import { systemClock } from "../io/clock.ts";
import { DoorRpc } from "../io/door_rpc.ts";
import type { Member } from "../membership/mod.ts";
import { type GroupAnswer, type GroupCall, Groups, type ServedGroups } from "../server/mod.ts";

export interface GroupHomesOptions {
  readonly nodeName: string;
  readonly clock: Clock;
  readonly members: () => readonly Member[];
  /** Calls another node, by its `host:port`. */
  readonly call: (address: string, request: WorkInGroupRequest, signal: AbortSignal) => Promise<WorkInGroupResponse>;
}

/** What a node's groups hang on. */
export interface GroupSurroundings {
  readonly nodeName: string;
  readonly cluster: { members(): readonly Member[]; onEvent(listener: () => void): () => void };
}

/** The groups of a node, which follow its members until the stack is disposed of. */
export function openGroupHomes({ nodeName, cluster }: GroupSurroundings, stack: DisposalStack): GroupHomes {
  const rpc = stack.use(new DoorRpc());
  const homes = new GroupHomes({
    ...{ nodeName, clock: systemClock, members: () => cluster.members() },
    call: (address, request, signal) => rpc.log(address).workInGroup(request, { signal, timeoutMs: handOnMs }),
  });
  stack.defer(cluster.onEvent(() => homes.membersChanged()));
  return homes;
}

/** How long another home is waited for: its members ask again soon, here or elsewhere. */
const handOnMs = 2_500;

/** Every node that lives and serves calls can be a home: which one it is follows from their names and the group's. */
export class GroupHomes implements ServedGroups {
  readonly #options: GroupHomesOptions;
  readonly #groups: Groups;
  /** Names and addresses of the nodes that can be homes, this one included. */
  #homes: ReadonlyMap<string, string> = new Map();

  constructor(options: GroupHomesOptions) {
    this.#options = options;
    this.#groups = new Groups(options.clock.nowMs());
    this.membersChanged();
  }

  /** To be called whenever anything about members changed. */
  membersChanged(): void {
    const { nodeName, clock, members } = this.#options;
    const homes = new Map([[nodeName, ""]]);
    for (const { name, status, tags } of members()) {
      const address = tags.get("rpc_addr");
      const isHome = status === "alive" && tags.has("gv") && address !== undefined && name !== nodeName;
      if (isHome) homes.set(name, address);
    }
    const isSame = homes.size === this.#homes.size && [...homes.keys()].every((name) => this.#homes.has(name));
    this.#homes = homes;
    if (!isSame) this.#groups.homesChanged((group) => this.#homeName(group) === nodeName, clock.nowMs());
  }

  homeOf(group: string): { readonly name: string; readonly address?: string | undefined } {
    const name = this.#homeName(group);
    return name === this.#options.nodeName ? { name } : { name, address: this.#homes.get(name) };
  }

  handOn(address: string, request: WorkInGroupRequest, signal: AbortSignal): Promise<WorkInGroupResponse> {
    return this.#options.call(address, request, signal);
  }

  work(group: string, call: GroupCall): GroupAnswer {
    return this.#groups.work(group, call, this.#options.clock.nowMs());
  }

  ownerOf(group: string, slot: number): string | undefined {
    return this.#groups.ownerOf(group, slot, this.#options.clock.nowMs());
  }

  membersOf(group: string): number {
    return this.#groups.membersOf(group, this.#options.clock.nowMs());
  }

  counts(): ReturnType<Groups["counts"]> {
    return this.#groups.counts(this.#options.clock.nowMs());
  }

  #homeName(group: string): string {
    return rendezvousPick(group, this.#homes.keys()) ?? this.#options.nodeName;
  }
}

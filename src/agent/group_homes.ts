/** Which node is the home of a group of consumers, and the way to it. */
import { type Clock, type DisposalStack, rendezvousPick } from "../base/mod.ts";
import type { WorkInGroupRequest, WorkInGroupResponse } from "../gen/log/v1/log_pb.ts";
import { systemClock } from "../io/clock.ts";
import { DoorRpc } from "../io/door_rpc.ts";
import type { Member } from "../membership/mod.ts";
import { type GroupAnswer, type GroupCall, Groups, NobodyReachableError, type ServedGroups } from "../server/mod.ts";
import { isObserver } from "./placements.ts";

/** Where topics belong: only who is to hold one can be the home of its groups. */
export interface GroupPlaces {
  readonly isObserver: boolean;
  /** Undefined when all nodes are to hold it. */
  placeOf(topic: string): { readonly placed: readonly string[] } | undefined;
  /** The topics that are limited to some nodes. */
  limitedTopics(): readonly string[];
  onChange(listener: () => void): () => void;
}

export interface GroupHomesOptions {
  readonly nodeName: string;
  readonly clock: Clock;
  readonly members: () => readonly Member[];
  /** Without it every node holds every topic. */
  readonly places?: GroupPlaces | undefined;
  /** Calls another node, by its `host:port`. */
  readonly call: (address: string, request: WorkInGroupRequest, signal: AbortSignal) => Promise<WorkInGroupResponse>;
}

/** What a node's groups hang on. */
export interface GroupSurroundings {
  readonly nodeName: string;
  readonly cluster: { members(): readonly Member[]; onEvent(listener: () => void): () => void };
  readonly places: GroupPlaces;
}

/** The groups of a node, which follow its members until the stack is disposed of. */
export function openGroupHomes({ nodeName, cluster, places }: GroupSurroundings, stack: DisposalStack): GroupHomes {
  const rpc = stack.use(new DoorRpc());
  const homes = new GroupHomes({
    ...{ nodeName, places, clock: systemClock, members: () => cluster.members() },
    call: (address, request, signal) => rpc.log(address).workInGroup(request, { signal, timeoutMs: handOnMs }),
  });
  stack.defer(cluster.onEvent(() => homes.membersChanged()));
  stack.defer(places.onChange(() => homes.membersChanged()));
  return homes;
}

/** How long another home is waited for: its members ask again soon, here or elsewhere. */
const handOnMs = 2_500;

/**
 * Every node that lives, serves calls and is to hold the topic can be a home: which one it is follows from their names and
 * the group's.
 */
export class GroupHomes implements ServedGroups {
  readonly #options: GroupHomesOptions;
  readonly #groups: Groups;
  /** Names and addresses of the nodes that can be homes, this one included. */
  #homes: ReadonlyMap<string, string> = new Map();
  /** Where the topics are that not all nodes hold. */
  #places = "";

  constructor(options: GroupHomesOptions) {
    this.#options = options;
    this.#groups = new Groups(options.clock.nowMs());
    this.membersChanged();
  }

  /** To be called whenever anything about members changed, or about where topics belong. */
  membersChanged(): void {
    const { nodeName, clock, members, places } = this.#options;
    const homes = new Map(places?.isObserver === true ? [] : [[nodeName, ""]]);
    for (const { name, status, tags } of members()) {
      const address = tags.get("rpc_addr");
      const isHome = status === "alive" && tags.has("gv") && address !== undefined && name !== nodeName;
      if (isHome && !isObserver(tags)) homes.set(name, address);
    }
    const limited = places?.limitedTopics() ?? [];
    const placed = limited.map((topic) => `${topic}: ${places?.placeOf(topic)?.placed.join(", ")}`).join("; ");
    const isSame = homes.size === this.#homes.size && [...homes.keys()].every((name) => this.#homes.has(name));
    const isPlacedSame = placed === this.#places;
    this.#homes = homes;
    this.#places = placed;
    if (!isSame || !isPlacedSame)
      this.#groups.homesChanged((group) => this.#homeName(group) === nodeName, clock.nowMs());
  }

  homeOf(group: string): { readonly name: string; readonly address?: string | undefined } {
    const name = this.#homeName(group);
    if (name === undefined) throw this.#nobody(group);
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

  #homeName(group: string): string | undefined {
    const placed = this.#placedOf(group);
    const homes = placed === undefined ? this.#homes.keys() : placed.filter((name) => this.#homes.has(name));
    return rendezvousPick(group, homes);
  }

  #nobody(group: string): NobodyReachableError {
    return new NobodyReachableError(`work in group ${JSON.stringify(group)}`, this.#placedOf(group) ?? []);
  }

  #placedOf(group: string): readonly string[] | undefined {
    // No name has a slash in it.
    const [topic = ""] = group.split("/", 1);
    return this.#options.places?.placeOf(topic)?.placed;
  }
}

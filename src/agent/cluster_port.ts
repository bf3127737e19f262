import { Code, ConnectError } from "@connectrpc/connect";
import type { Listeners } from "../base/mod.ts";
import type { Member, MemberEvent } from "../membership/mod.ts";
import type { ServedCluster } from "../server/mod.ts";
import { loggerOf } from "./logging.ts";
import type { MembershipNode } from "./membership_node.ts";
import type { NodeEvent } from "./parts.ts";

/** The cluster as the server sees it. It has no members until membership runs, which needs the server's port. */
export class ClusterPort implements ServedCluster {
  readonly #events: Listeners<NodeEvent>;
  readonly #leave: () => Promise<void>;
  #membership: MembershipNode | undefined;

  constructor(events: Listeners<NodeEvent>, leave: () => Promise<void>) {
    this.#events = events;
    this.#leave = leave;
  }

  open(membership: MembershipNode): void {
    this.#membership = membership;
  }

  members(): readonly Member[] {
    return this.#membership?.members() ?? [];
  }

  onEvent(listener: (event: MemberEvent) => void): () => void {
    return this.#events.add((event) => {
      if (event.type !== "log") listener(event);
    });
  }

  async join(addresses: readonly string[]): Promise<number> {
    if (this.#membership === undefined) throw stillStarting("join");
    return (await this.#membership.join(addresses)).contacted.length;
  }

  async leave(): Promise<void> {
    if (this.#membership === undefined) throw stillStarting("leave");
    // Only begun: the answer to the call must get out before the server closes.
    this.#leave().catch((error: unknown) => loggerOf("agent").error("cannot stop cleanly: {error}", { error }));
  }
}

function stillStarting(doing: string): ConnectError {
  return new ConnectError(`Cannot ${doing}: the node is starting`, Code.FailedPrecondition);
}

/** Which cluster a server belongs to, by the servers that it names. */
import type { ServerConnection } from "./connections.ts";
import type { OneCall } from "./questions.ts";

/** What a server says of another one, or of itself. */
export interface NamedServer {
  readonly name: string;
  /** `host:port` */
  readonly rpcAddress: string;
  readonly isAlive: boolean;
  /** Undefined where it does not say so. */
  readonly writer: string | undefined;
  readonly protocol: number | undefined;
}

/** The version of the protocol between nodes and clients that this client speaks. */
export const protocolSpoken = 1;

/** Servers that are remembered of a cluster: those of its past, too, by which a server knows it again. */
const namesMax = 1_000;

/**
 * The cluster that a client belongs to: that of the first server which says what cluster it is in. Two servers are in one
 * cluster when they name a server in common, alive or not. One that has not joined yet names others, and is asked again.
 */
export class ClusterIdentity {
  /** What they are known by, and their names for people. */
  readonly #known = new Map<string, string>();

  /** Whether anybody said something yet. */
  get isKnown(): boolean {
    return this.#known.size > 0;
  }

  /** Some of the servers that it knows, for people. */
  get words(): string {
    return wordsOf([...this.#known.values()]);
  }

  /** True where they are of this cluster, or nothing can be said: then what they name is learnt. */
  admits(servers: readonly NamedServer[]): boolean {
    const isOurs = !this.isKnown || servers.length === 0 || servers.some((one) => this.#known.has(idOf(one)));
    if (!isOurs) return false;
    for (const server of servers) {
      const id = idOf(server);
      // Those that were named last stay.
      this.#known.delete(id);
      this.#known.set(id, server.name || server.rpcAddress);
    }
    for (const id of this.#known.keys()) {
      if (this.#known.size <= namesMax) break;
      this.#known.delete(id);
    }
    return true;
  }
}

/** The writer is the data directory itself: names and addresses are given anew. */
function idOf({ writer, name, rpcAddress }: NamedServer): string {
  return writer ?? (name || rpcAddress);
}

/** A few of them, for people. */
export function namesOf(servers: readonly NamedServer[]): string {
  return wordsOf(servers.map(({ name, rpcAddress }) => name || rpcAddress));
}

function wordsOf(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(", ");
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}

/** The version that all of them speak that are alive, if it is not this client's. */
export function foreignProtocol(servers: readonly NamedServer[]): number | undefined {
  const spoken = servers.filter(({ isAlive }) => isAlive).map(({ protocol }) => protocol);
  const [first] = spoken;
  return spoken.every((one) => one !== undefined && one !== protocolSpoken) ? first : undefined;
}

/** What a server's tags say of it. */
export function factsOf(tags: Readonly<Record<string, string>>): Pick<NamedServer, "writer" | "protocol"> {
  const protocol = Number.parseInt(tags["gv"] ?? "", 10);
  return { writer: tags["w"], protocol: Number.isNaN(protocol) ? undefined : protocol };
}

/** Those that a server names when it is asked. */
export async function namedBy({ log }: ServerConnection, call: OneCall): Promise<readonly NamedServer[]> {
  const { servers } = await log.getServers({}, call);
  return servers.map(({ id: name, rpcAddr: rpcAddress, status, tags }) => {
    return { name, rpcAddress, isAlive: status === "alive", ...factsOf(tags) };
  });
}

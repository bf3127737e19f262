import { type Address, formatAddress, ipToBytes } from "../base/mod.ts";
import { type EncryptionOptions, labelBytesMax } from "./envelope.ts";
import type { NodeSnapshot } from "./types.ts";
import { metaBytesMax, nodeNameBytesMax } from "./wire.ts";

/** The numbers of the protocol. A cluster works best when all its nodes have the same. */
export interface GossipSettings {
  /** Time between two probes, each of one random member. Sets how fast a death is noticed. */
  readonly probeIntervalMs: number;
  /** How long a direct ping may take before helpers are asked. Above the 99th percentile of round trips. */
  readonly probeTimeoutMs: number;
  /** Helpers asked when a direct ping fails. */
  readonly indirectChecks: number;
  /** Each message is sent this many times the decimal logarithm of the cluster's size. */
  readonly retransmitMult: number;
  /** A suspect has at least this many probe intervals, times the decimal logarithm of the cluster's size. */
  readonly suspicionMult: number;
  /** How many times longer it has when nobody else suspects it. */
  readonly suspicionMaxTimeoutMult: number;
  /** Time between two full exchanges with a random member, in clusters of up to 32. */
  readonly pushPullIntervalMs: number;
  readonly gossipIntervalMs: number;
  /** Members that each round of gossip goes to. */
  readonly gossipNodes: number;
  /** How long the dead are still told the news, so that they can refute. */
  readonly gossipToTheDeadMs: number;
  /** How long a name of a dead node stays bound to its address; 0 binds it until the node is forgotten. */
  readonly deadNodeReclaimMs: number;
  /** How long one exchange over TCP may take, from dialling to the last byte. */
  readonly streamTimeoutMs: number;
  /** One more than the worst health score: probes of an unwell node take up to this many times longer. */
  readonly awarenessMaxMult: number;
  /** How long saying goodbye may take. */
  readonly broadcastTimeoutMs: number;
}

/** `lan` is memberlist's; the others say what differs and why. */
export type Profile = "lan" | "wan" | "local";

const lan: GossipSettings = {
  probeIntervalMs: 1_000,
  probeTimeoutMs: 500,
  indirectChecks: 3,
  retransmitMult: 4,
  suspicionMult: 4,
  suspicionMaxTimeoutMult: 6,
  pushPullIntervalMs: 30_000,
  gossipIntervalMs: 200,
  gossipNodes: 3,
  gossipToTheDeadMs: 30_000,
  // Serf has 0, and a node that comes back on another port is refused for half a minute. Nothing is lost by being
  // quicker: the dead node is dead, and a false verdict is answered by its refutation long before.
  deadNodeReclaimMs: 5_000,
  streamTimeoutMs: 10_000,
  awarenessMaxMult: 8,
  broadcastTimeoutMs: 5_000,
};

const profiles: { readonly [name in Profile]: GossipSettings } = {
  lan,
  wan: {
    ...lan,
    // Round trips across the world take up to half a second and lose more packets.
    probeIntervalMs: 5_000,
    probeTimeoutMs: 3_000,
    suspicionMult: 6,
    // Long paths are paid for: exchange less often, to more nodes at a time.
    pushPullIntervalMs: 60_000,
    gossipIntervalMs: 500,
    gossipNodes: 4,
    gossipToTheDeadMs: 60_000,
    deadNodeReclaimMs: 30_000,
    streamTimeoutMs: 30_000,
  },
  local: {
    ...lan,
    // On one machine a ping takes well under a millisecond and is hardly ever lost.
    probeTimeoutMs: 200,
    indirectChecks: 1,
    retransmitMult: 2,
    suspicionMult: 3,
    // Exchanges are cheap there, and quick convergence is what one looks at.
    pushPullIntervalMs: 15_000,
    gossipIntervalMs: 100,
    gossipToTheDeadMs: 15_000,
    deadNodeReclaimMs: 1_000,
    streamTimeoutMs: 1_000,
  },
};

/** The numbers of a profile. */
export function settingsOf(profile: Profile): GossipSettings {
  return profiles[profile];
}

/** Parts of Lifeguard that are no numbers of the protocol. Experiments change them, to show what each is good for. */
export interface LifeguardOptions {
  /** Whether a suspect hears of the accusation from the very ping that checks it. @default true */
  readonly tellsSuspects?: boolean | undefined;
  /** Accusers, after the first, that bring the time of a suspect down to the least. @default suspicionMult − 2 */
  readonly confirmationsWanted?: number | undefined;
  /** Whether an accused node contradicts its accuser straight away, beside the gossip: ours, not Lifeguard's. @default true */
  readonly answersAccusers?: boolean | undefined;
}

export interface GossipOptions {
  /** Unique in the cluster, 1 to 255 bytes of UTF-8. */
  readonly name: string;
  /** Where others reach this node: an IP address and the port of both UDP and TCP. */
  readonly address: Address;
  /** @default "lan" */
  readonly profile?: Profile | undefined;
  /** Numbers that differ from the profile's. */
  readonly settings?: Partial<GossipSettings> | undefined;
  /** What this node says about itself, at most 512 bytes. @default empty */
  readonly meta?: Uint8Array | undefined;
  /** Protocol of the layer above that this node says it speaks, 2 to 5. @default 4 */
  readonly serfProtocol?: number | undefined;
  /** First incarnation, from 1: 0 would not be believed. @default 1 */
  readonly incarnation?: number | undefined;
  /** Nodes remembered at most, alive or not. @default 20000 */
  readonly nodesMax?: number | undefined;
  /**
   * Keeps clusters apart that can reach one another: nodes hear only those with the same one. At most 255 bytes of UTF-8.
   * Agents of Serf have none. @default none
   */
  readonly label?: string | undefined;
  /** Encrypts all that is sent, and refuses what is not encrypted. @default plain text */
  readonly encryption?: EncryptionOptions | undefined;
  /** Compress what becomes shorter by it. All read it, whether they do so or not. @default false */
  readonly compress?: boolean | undefined;
  /**
   * Whether time stands still while the event loop is stalled, so that nobody is judged by deadlines that could not be
   * met, and whether stalls make this node feel unwell, so that it gives others more time. Off is for experiments that
   * show what that is good for; stalls are counted all the same. @default true
   */
  readonly forgivesStalls?: boolean | undefined;
  /** For experiments. @default as memberlist has it */
  readonly lifeguard?: LifeguardOptions | undefined;
  /** Nodes known from the start and thought alive: how a simulation begins with a cluster that has formed. @default none */
  readonly knows?: Iterable<NodeSnapshot> | undefined;
  /** What the upper layer exchanges in a push/pull; `join` when the exchange is a join. @default nothing */
  readonly userState?: ((join: boolean) => Uint8Array) | undefined;
}

/** Checked and complete. */
export interface ResolvedGossipOptions {
  readonly name: string;
  readonly address: Address;
  readonly addressBytes: Uint8Array;
  readonly settings: GossipSettings;
  readonly meta: Uint8Array;
  /**
   * Protocol versions that this node tells: memberlist 1 to 5, speaking 2 as every agent does; Serf 2 to 5, speaking 4
   * unless told otherwise, which also the oldest nodes still in the field accept beside them.
   */
  readonly versions: Uint8Array;
  readonly incarnation: number;
  readonly nodesMax: number;
  readonly label: string;
  readonly encryption: EncryptionOptions | undefined;
  readonly compress: boolean;
  readonly forgivesStalls: boolean;
  readonly tellsSuspects: boolean;
  readonly confirmationsWanted: number;
  readonly answersAccusers: boolean;
  readonly knows: Iterable<NodeSnapshot>;
  readonly userState: (join: boolean) => Uint8Array;
}

/** An option that no node can run with. Nothing was started. */
export class InvalidGossipOptionError extends RangeError {
  override readonly name = "InvalidGossipOptionError";
  readonly code = "INVALID_GOSSIP_OPTION";
  readonly option: string;

  constructor(option: string, problem: string) {
    super(`Cannot use gossip option ${option}: ${problem}`);
    this.option = option;
  }
}

/** Checks and fills the options. Throws `InvalidGossipOptionError`. */
export function resolveGossipOptions(options: GossipOptions): ResolvedGossipOptions {
  const nameBytes = new TextEncoder().encode(options.name).length;
  if (nameBytes < 1 || nameBytes > nodeNameBytesMax) {
    throw new InvalidGossipOptionError("name", `it has ${nameBytes} bytes, allowed are 1 to ${nodeNameBytesMax}`);
  }
  const addressBytes = ipToBytes(options.address.host);
  if (addressBytes === undefined || addressBytes.every((byte) => byte === 0)) {
    throw new InvalidGossipOptionError("address", `${options.address.host} is no IP address that others can reach`);
  }
  if (!isWhole(options.address.port, 1, 65_535)) {
    throw new InvalidGossipOptionError("address", `${formatAddress(options.address)} has no port from 1 to 65535`);
  }
  const meta = options.meta ?? new Uint8Array(0);
  if (meta.length > metaBytesMax) {
    throw new InvalidGossipOptionError("meta", `it has ${meta.length} bytes, allowed are ${metaBytesMax}`);
  }
  const serfProtocol = options.serfProtocol ?? 4;
  if (!isWhole(serfProtocol, 2, 5)) {
    throw new InvalidGossipOptionError("serfProtocol", `${serfProtocol} is not a whole number from 2 to 5`);
  }
  const incarnation = options.incarnation ?? 1;
  if (!isWhole(incarnation, 1, 0x7fff_ffff)) {
    throw new InvalidGossipOptionError("incarnation", `${incarnation} is not a whole number from 1 to 2147483647`);
  }
  const nodesMax = options.nodesMax ?? 20_000;
  if (!isWhole(nodesMax, 1, 1_048_576)) {
    throw new InvalidGossipOptionError("nodesMax", `${nodesMax} is not a whole number from 1 to 1048576`);
  }
  const label = options.label ?? "";
  const labelBytes = new TextEncoder().encode(label).length;
  if (labelBytes > labelBytesMax) {
    throw new InvalidGossipOptionError("label", `it has ${labelBytes} bytes, allowed are ${labelBytesMax}`);
  }
  const settings = resolveSettings(options);
  const confirmationsWanted = options.lifeguard?.confirmationsWanted ?? settings.suspicionMult - 2;
  if (!Number.isInteger(confirmationsWanted) || confirmationsWanted > 86_400_000) {
    throw new InvalidGossipOptionError("confirmationsWanted", `${confirmationsWanted} is no whole number`);
  }
  return {
    name: options.name,
    address: options.address,
    addressBytes,
    settings,
    meta,
    versions: Uint8Array.of(1, 5, 2, 2, 5, serfProtocol),
    incarnation,
    nodesMax,
    label,
    encryption: options.encryption,
    compress: options.compress ?? false,
    forgivesStalls: options.forgivesStalls ?? true,
    tellsSuspects: options.lifeguard?.tellsSuspects ?? true,
    confirmationsWanted,
    answersAccusers: options.lifeguard?.answersAccusers ?? true,
    knows: options.knows ?? [],
    userState: options.userState ?? (() => new Uint8Array(0)),
  };
}

function resolveSettings(options: GossipOptions): GossipSettings {
  const profile = options.profile ?? "lan";
  if (!Object.hasOwn(profiles, profile)) {
    throw new InvalidGossipOptionError("profile", `${JSON.stringify(profile)} is not one of lan, wan, local`);
  }
  const settings: { -readonly [name in keyof GossipSettings]: number } = { ...profiles[profile] };
  for (const [name, value] of Object.entries(options.settings ?? {})) {
    if (!Object.hasOwn(lan, name)) throw new InvalidGossipOptionError(name, "there is no such number");
    if (value === undefined) continue;
    const low = name === "deadNodeReclaimMs" || name === "indirectChecks" ? 0 : 1;
    if (!isWhole(value, low, 86_400_000)) {
      throw new InvalidGossipOptionError(name, `${value} is not a whole number from ${low} to 86400000`);
    }
    settings[name as keyof GossipSettings] = value;
  }
  if (settings.probeTimeoutMs > settings.probeIntervalMs) {
    const { probeTimeoutMs, probeIntervalMs } = settings;
    throw new InvalidGossipOptionError(
      "probeTimeoutMs",
      `${probeTimeoutMs} is more than probeIntervalMs, ${probeIntervalMs}`,
    );
  }
  return settings;
}

function isWhole(value: number, low: number, high: number): boolean {
  return Number.isInteger(value) && value >= low && value <= high;
}

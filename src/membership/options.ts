import type { Address } from "../base/mod.ts";
import type { EncryptionOptions, GossipSettings, Profile } from "../gossip/mod.ts";
import { encodeTags, type TagsInput, tagsOf } from "./tags.ts";

export interface MembershipOptions {
  /** Unique in the cluster, 1 to 255 bytes of UTF-8. */
  readonly name: string;
  /** Where others reach this node: an IP address and the port of both UDP and TCP. */
  readonly address: Address;
  /** What this node says about itself: at most 512 bytes encoded. @default none */
  readonly tags?: TagsInput | undefined;
  /** The numbers of gossip: `lan`, `wan`, or `local` for one machine. @default "lan" */
  readonly profile?: Profile | undefined;
  /** Numbers that differ from the profile's. */
  readonly settings?: Partial<GossipSettings> | undefined;
  /** First incarnation, from 1. @default 1 */
  readonly incarnation?: number | undefined;
  /** Nodes hear only those with the same one; agents of Serf have none. @default none */
  readonly label?: string | undefined;
  /** Encrypts all that is sent, and refuses what is not encrypted. @default plain text */
  readonly encryption?: EncryptionOptions | undefined;
  /** Members remembered at most. @default 20000 */
  readonly membersMax?: number | undefined;
  /** How often forgotten members are looked for. @default 15000 */
  readonly reapIntervalMs?: number | undefined;
  /** How often a failed member is tried again. @default 30000 */
  readonly reconnectIntervalMs?: number | undefined;
  /** How long a failed member is remembered. @default 86400000 (24 h) */
  readonly reconnectTimeoutMs?: number | undefined;
  /** How long a member that left is remembered. @default 86400000 (24 h) */
  readonly tombstoneTimeoutMs?: number | undefined;
  /** How long a node that has left still answers, so that its goodbye gets around. @default 1000 */
  readonly leavePropagateDelayMs?: number | undefined;
}

/** Checked and complete, but for what gossip itself checks. */
export interface ResolvedMembershipOptions {
  readonly name: string;
  readonly address: Address;
  readonly tags: ReadonlyMap<string, string>;
  readonly meta: Uint8Array;
  readonly profile: Profile;
  readonly settings: Partial<GossipSettings>;
  readonly incarnation: number;
  readonly label: string;
  readonly encryption: EncryptionOptions | undefined;
  readonly membersMax: number;
  readonly reapIntervalMs: number;
  readonly reconnectIntervalMs: number;
  readonly reconnectTimeoutMs: number;
  readonly tombstoneTimeoutMs: number;
  readonly leavePropagateDelayMs: number;
}

/** An option that no node can run with. Nothing was started. */
export class InvalidMembershipOptionError extends RangeError {
  override readonly name = "InvalidMembershipOptionError";
  readonly code = "INVALID_MEMBERSHIP_OPTION";
  readonly option: string;

  constructor(option: string, problem: string) {
    super(`Cannot use membership option ${option}: ${problem}`);
    this.option = option;
  }
}

const dayMs = 86_400_000;

/** What one push/pull can tell of. */
const membersMaxMax = 1_048_576;

/** Checks and fills the options. Throws `InvalidMembershipOptionError` or `TagsTooLargeError`. */
export function resolveMembershipOptions(options: MembershipOptions): ResolvedMembershipOptions {
  const tags = tagsOf(options.tags ?? {});
  const durations = {
    reapIntervalMs: options.reapIntervalMs ?? 15_000,
    reconnectIntervalMs: options.reconnectIntervalMs ?? 30_000,
    reconnectTimeoutMs: options.reconnectTimeoutMs ?? dayMs,
    tombstoneTimeoutMs: options.tombstoneTimeoutMs ?? dayMs,
    leavePropagateDelayMs: options.leavePropagateDelayMs ?? 1_000,
  };
  for (const [name, value] of Object.entries(durations)) {
    const low = name === "leavePropagateDelayMs" ? 0 : 1;
    if (!Number.isInteger(value) || value < low || value > 365 * dayMs) {
      const problem = `${value} is not a whole number of milliseconds from ${low} to a year`;
      throw new InvalidMembershipOptionError(name, problem);
    }
  }
  const membersMax = options.membersMax ?? 20_000;
  if (!Number.isInteger(membersMax) || membersMax < 1 || membersMax > membersMaxMax) {
    const problem = `${membersMax} is not a whole number from 1 to ${membersMaxMax}`;
    throw new InvalidMembershipOptionError("membersMax", problem);
  }
  return {
    ...durations,
    name: options.name,
    address: options.address,
    tags,
    meta: encodeTags(tags),
    profile: options.profile ?? "lan",
    settings: options.settings ?? {},
    incarnation: options.incarnation ?? 1,
    label: options.label ?? "",
    encryption: options.encryption,
    membersMax,
  };
}

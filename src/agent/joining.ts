/** How a node finds those that it is told to join. */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { type Address, formatAddress, parseAddress } from "../base/mod.ts";
import type { MembershipEffect, MembershipInput } from "../membership/mod.ts";
import { InvalidAddressError, isLoopback } from "./addresses.ts";

/** Serf's port. */
export const gossipPortDefault = 7946;

/** No address of a join answered. The node goes on as it was. */
export class JoinFailedError extends Error {
  override readonly name = "JoinFailedError";
  readonly code = "JOIN_FAILED";
  readonly failed: readonly { readonly address: string; readonly error: string }[];

  constructor(failed: readonly { readonly address: string; readonly error: string }[]) {
    super(`Cannot join: ${failed.map(({ address, error }) => `${address}: ${error}`).join("; ")}`);
    this.failed = failed;
  }
}

/** What a join reached. */
export interface JoinResult {
  readonly contacted: readonly string[];
  readonly failed: readonly { readonly address: string; readonly error: string }[];
}

/** Addresses that one name may resolve to: all are contacted. */
const resolvedMax = 16;

type Joined = Extract<MembershipEffect, { type: "joined" }>;

/** Resolves names, contacts what they stand for, and waits for how it goes. */
export class Joining {
  readonly #bound: Address;
  readonly #push: (input: MembershipInput) => void;
  readonly #waiting = new Map<number, (joined: Joined) => void>();
  #nextId = 1;
  #isStopped = false;

  constructor(bound: Address, push: (input: MembershipInput) => void) {
    this.#bound = bound;
    this.#push = push;
  }

  async join(addresses: readonly string[], replay: boolean): Promise<JoinResult> {
    // An address that this node cannot reach is judged before any is contacted; names are judged once they are resolved.
    const parsed = addresses
      .map(parseSeed)
      .map((address) => (isIP(address.host) === 0 ? address : this.#reachable(address)));
    const resolved: Address[] = [];
    const failed: { address: string; error: string }[] = [];
    for (const address of parsed) {
      try {
        resolved.push(...(await this.#resolve(address)));
      } catch (error) {
        failed.push({ address: formatAddress(address), error: (error as Error).message });
      }
    }
    if (resolved.length === 0) {
      if (addresses.length === 0) return { contacted: [], failed };
      throw new JoinFailedError(failed);
    }
    if (this.#isStopped) throw new JoinFailedError([{ address: addresses.join(), error: stopped }]);
    const effect = await this.#contact(resolved, replay);
    for (const { address, error } of effect.failed) failed.push({ address: formatAddress(address), error });
    if (effect.contacted.length === 0) throw new JoinFailedError(failed);
    return { contacted: effect.contacted.map(formatAddress), failed };
  }

  finished(joined: Joined): void {
    this.#waiting.get(joined.id)?.(joined);
    this.#waiting.delete(joined.id);
  }

  /** What is under way fails now. */
  stop(): void {
    this.#isStopped = true;
    const failed = [{ address: this.#bound, error: stopped }];
    for (const [id, finish] of this.#waiting) finish({ type: "joined", id, contacted: [], failed });
    this.#waiting.clear();
  }

  #contact(addresses: readonly Address[], replay: boolean): Promise<Joined> {
    return new Promise((resolve) => {
      const id = this.#nextId++;
      this.#waiting.set(id, resolve);
      this.#push({ type: "join", id, addresses, replay });
    });
  }

  async #resolve(address: Address): Promise<Address[]> {
    if (isIP(address.host) !== 0) return [address];
    const found = await lookup(address.host, { all: true });
    const family = isIP(this.#bound.host);
    const usable = found.filter((entry) => entry.family === family).slice(0, resolvedMax);
    if (usable.length === 0) throw new Error(`the name has no IPv${family} address, which this node is bound to`);
    return usable.map((entry) => this.#reachable({ host: entry.address, port: address.port }));
  }

  /** From a loopback address no other machine can be reached, and none can answer: better said than timed out. */
  #reachable(address: Address): Address {
    if (isLoopback(this.#bound.host) && !isLoopback(address.host)) {
      const problem = `this node is bound to ${formatAddress(this.#bound)}, which only this machine reaches: use --bind`;
      throw new InvalidAddressError("join", formatAddress(address), problem);
    }
    return address;
  }
}

const stopped = "this node has stopped";

/** Serf also takes `name/host:port`: the name is of no use here, the member's own word counts. */
function parseSeed(text: string): Address {
  const address = parseAddress(text.slice(text.indexOf("/") + 1), gossipPortDefault);
  if (address === undefined || address.port === 0) {
    throw new InvalidAddressError("join", text, "allowed are HOST, HOST:PORT and [IPV6]:PORT");
  }
  return address;
}

/** Where a node is reached: what its options say, and what its machine has. */
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { type Address, parseAddress } from "../base/mod.ts";

/** An option that no node can run with. Nothing was started. */
export class InvalidAddressError extends RangeError {
  override readonly name = "InvalidAddressError";
  readonly code = "INVALID_ADDRESS";
  readonly address: string;

  constructor(use: string, address: string, problem: string) {
    super(`Cannot ${use} ${JSON.stringify(address)}: ${problem}`);
    this.address = address;
  }
}

/** True when only this machine reaches it. */
export function isLoopback(host: string): boolean {
  return host.startsWith("127.") || host === "::1";
}

function isAny(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** What others are told: what the option says, else the bound address, else the first that an interface has. */
export function advertisedAddress(advertise: string | undefined, bound: Address): Address {
  if (advertise !== undefined) {
    const address = parseAddress(advertise, bound.port);
    if (address === undefined || isIP(address.host) === 0 || isAny(address.host)) {
      throw new InvalidAddressError("advertise", advertise, "allowed are IP, IP:PORT and [IPV6]:PORT");
    }
    return address.port === 0 ? { host: address.host, port: bound.port } : address;
  }
  if (!isAny(bound.host)) return bound;
  const family = bound.host === "::" ? "IPv6" : "IPv4";
  const candidates = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    // Link-local addresses mean nothing without the interface they belong to.
    .filter((entry) => entry.family === family && !entry.address.startsWith("fe80:"));
  const chosen = candidates.find((entry) => !entry.internal) ?? candidates[0];
  return { host: chosen?.address ?? (family === "IPv6" ? "::1" : "127.0.0.1"), port: bound.port };
}

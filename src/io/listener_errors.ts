import { type Address, formatAddress } from "../base/mod.ts";

/** Another process listens there. Nothing was opened. */
export class PortTakenError extends Error {
  override readonly name = "PortTakenError";
  readonly code = "PORT_TAKEN";
  readonly address: Address;

  constructor(address: Address) {
    super(`Cannot listen on ${formatAddress(address)}: the port is taken`);
    this.address = address;
  }
}

/** This machine cannot listen there. Nothing was opened. */
export class BadListenAddressError extends RangeError {
  override readonly name = "BadListenAddressError";
  readonly code = "BAD_LISTEN_ADDRESS";
  readonly address: Address;

  constructor(address: Address, reason: string) {
    super(`Cannot listen on ${formatAddress(address)}: ${reason}`);
    this.address = address;
  }
}

export type ListenError = PortTakenError | BadListenAddressError;

/** Why a system error means that the address is no good. */
const reasons: ReadonlyMap<string, string> = new Map([
  ["EADDRNOTAVAIL", "the address is not one of this machine"],
  ["ENOTFOUND", "the host is unknown"],
  ["EAI_AGAIN", "the host cannot be resolved now"],
  ["EAI_NONAME", "the host is unknown"],
  ["EACCES", "the port needs more rights than this process has"],
  ["EINVAL", "the address is not one to listen on"],
  ["ERR_SOCKET_BAD_PORT", "a port is a whole number from 0 to 65535"],
]);

/** The error of a failed listen, told in our words; other errors stay as they are. */
export function toListenError(error: unknown, address: Address): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "EADDRINUSE") return new PortTakenError(address);
  const reason = reasons.get(code);
  if (reason !== undefined) return new BadListenAddressError(address, reason);
  return error;
}

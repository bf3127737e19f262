import { type Address } from "../base/mod.d.ts";
/** Another process listens there. Nothing was opened. */
export declare class PortTakenError extends Error {
    readonly name = "PortTakenError";
    readonly code = "PORT_TAKEN";
    readonly address: Address;
    constructor(address: Address);
}
/** This machine cannot listen there. Nothing was opened. */
export declare class BadListenAddressError extends RangeError {
    readonly name = "BadListenAddressError";
    readonly code = "BAD_LISTEN_ADDRESS";
    readonly address: Address;
    constructor(address: Address, reason: string);
}
export type ListenError = PortTakenError | BadListenAddressError;
/** The error of a failed listen, told in our words; other errors stay as they are. */
export declare function toListenError(error: unknown, address: Address): unknown;

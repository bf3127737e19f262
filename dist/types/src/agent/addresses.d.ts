import { type Address } from "../base/mod.d.ts";
/** An option that no node can run with. Nothing was started. */
export declare class InvalidAddressError extends RangeError {
    readonly name = "InvalidAddressError";
    readonly code = "INVALID_ADDRESS";
    readonly address: string;
    constructor(use: string, address: string, problem: string);
}
/** True when only this machine reaches it. */
export declare function isLoopback(host: string): boolean;
/** What others are told: what the option says, else the bound address, else the first that an interface has. */
export declare function advertisedAddress(advertise: string | undefined, bound: Address): Address;

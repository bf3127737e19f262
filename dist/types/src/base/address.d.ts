/** Where a socket is: an IP address in text form (no brackets) and a port. */
export interface Address {
    readonly host: string;
    readonly port: number;
}
/** `host:port`, with brackets around IPv6. */
export declare function formatAddress(address: Address): string;
/**
 * Splits `host`, `host:port`, `[v6]:port` or a bare IPv6 address. The host may be a name: nothing is resolved here.
 * Undefined when the text is none of these or the port is not 0 to 65535.
 */
export declare function parseAddress(text: string, defaultPort: number): Address | undefined;

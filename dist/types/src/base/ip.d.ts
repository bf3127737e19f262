/**
 * IP addresses between text and the bytes of the wire. Peers compare addresses by bytes: the 4-byte and the 16-byte form
 * of one IPv4 address are in conflict. So what a node sent about itself is kept and passed on as the bytes that came.
 */
/** The 4 or 16 bytes of an address in text form, without a zone; undefined when the text is no IP address. */
export declare function ipToBytes(text: string): Uint8Array | undefined;
/** The text form of 4 or 16 bytes; undefined for any other length. IPv4 within IPv6 comes out as IPv4. */
export declare function ipToText(bytes: Uint8Array): string | undefined;

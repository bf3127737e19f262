/** Where a socket is: an IP address in text form (no brackets) and a port. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, with brackets around IPv6. */
export function formatAddress(address: Address): string {
  return address.host.includes(":") ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/**
 * Splits `host`, `host:port`, `[v6]:port` or a bare IPv6 address. The host may be a name: nothing is resolved here.
 * Undefined when the text is none of these or the port is not 0 to 65535.
 */
export function parseAddress(text: string, defaultPort: number): Address | undefined {
  const bracketed = /^\[([0-9a-fA-F:.%]+)\](?::(\d{1,5}))?$/.exec(text);
  if (bracketed) return withPort(bracketed[1] as string, bracketed[2], defaultPort);
  if ((text.match(/:/g) ?? []).length > 1) {
    return /^[0-9a-fA-F:.]+$/.test(text) ? { host: text, port: defaultPort } : undefined;
  }
  const plain = /^([A-Za-z0-9._-]+)(?::(\d{1,5}))?$/.exec(text);
  return plain ? withPort(plain[1] as string, plain[2], defaultPort) : undefined;
}

function withPort(host: string, port: string | undefined, defaultPort: number): Address | undefined {
  const number = port === undefined ? defaultPort : Number(port);
  return number <= 65535 ? { host, port: number } : undefined;
}

/** UDP and TCP on one port. */
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { createServer, isIP, type Server, type Socket as TcpSocket } from "node:net";
import type { Address } from "../base/mod.ts";

/** Tries to find one number that is free for both, when any port will do. */
const bindAttemptsMax = 32;

export interface PortPair {
  readonly server: Server;
  readonly udp: UdpSocket;
  /** Where they are bound, with the port that was picked. */
  readonly address: Address;
}

/**
 * Binds both to an IP address; port 0 picks a free one. Whoever calls attaches listeners at once. Rejects with the system's error, and
 * then nothing stays open.
 */
export async function bindPortPair(bind: Address): Promise<PortPair> {
  for (let attempt = 1; ; attempt++) {
    const server = createServer({ allowHalfOpen: true });
    const udp = createSocket({ type: isIP(bind.host) === 6 ? "udp6" : "udp4" });
    // Whoever connects before both are bound: nobody would ever read from it, or close it.
    const refuse = (socket: TcpSocket): void => void socket.destroy();
    server.on("connection", refuse);
    try {
      const port = await listen(server, bind);
      await bindUdp(udp, { host: bind.host, port });
      server.removeListener("connection", refuse);
      return { server, udp, address: { host: bind.host, port } };
    } catch (error) {
      await closePortPair({ server, udp });
      // With port 0 the number that TCP got may be taken for UDP: the next one probably is not.
      const isRetryable = bind.port === 0 && (error as { code?: string }).code === "EADDRINUSE";
      if (!isRetryable || attempt >= bindAttemptsMax) throw error;
    }
  }
}

/** Ends listening. Connections that are open stay so, and are waited for. */
export async function closePortPair({ server, udp }: Pick<PortPair, "server" | "udp">): Promise<void> {
  await Promise.all([closeServer(server), closeUdp(udp)]);
}

function listen(server: Server, bind: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: bind.host, port: bind.port, exclusive: true }, () => {
      server.removeListener("error", reject);
      resolve((server.address() as { port: number }).port);
    });
  });
}

function bindUdp(udp: UdpSocket, address: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    udp.once("error", reject);
    udp.bind({ address: address.host, port: address.port, exclusive: true }, () => {
      udp.removeListener("error", reject);
      resolve();
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (server.listening) server.close(() => resolve());
    else resolve();
  });
}

function closeUdp(udp: UdpSocket): Promise<void> {
  return new Promise((resolve) => {
    try {
      udp.close(() => resolve());
    } catch {
      // It was never bound, or is closed already: either way nothing is left open.
      resolve();
    }
  });
}

/** IPv4 as a dual-stack socket reports it, in its usual form. */
export function withoutMapping(host: string): string {
  return host.startsWith("::ffff:") && host.includes(".") ? host.slice("::ffff:".length) : host;
}

/** What a host says where nobody listens. Some runtimes tell it of the next datagram, whoever that was for. */
export function isRefusal(error: Error | null): boolean {
  return error !== null && (error as { code?: string }).code === "ECONNREFUSED";
}

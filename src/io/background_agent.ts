/** Connections over HTTP/1.1 that keep no process alive, in whatever state they are. */
import { Agent, type AgentOptions } from "node:http";
import { Agent as TlsAgent } from "node:https";
import type { Socket } from "node:net";

/** What Node's types leave out of its agents. */
interface Connecting {
  createConnection(options: AgentOptions, callback?: (error: Error | null, socket: Socket) => void): Socket;
}

/** For requests to a server of this URL. A connection is closed with its response. */
export function backgroundAgent(url: string): Agent {
  const agent = url.startsWith("https:") ? new TlsAgent() : new Agent();
  const connecting = agent as unknown as Connecting;
  const { createConnection } = connecting;
  connecting.createConnection = (...call) => createConnection.apply(agent as unknown as Connecting, call).unref();
  return agent;
}

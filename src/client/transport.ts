import type { Transport } from "@connectrpc/connect";
import type { Checksum } from "../base/mod.ts";

/**
 * Calls of the methods that move records, as whole messages and without Connect's pipeline around each: on the wire they
 * are the same. Failures are `ConnectError`s.
 */
export interface HotTransport {
  /** One request, one response. The parts of the request follow one another. */
  unary(path: string, request: readonly Uint8Array[], signal: AbortSignal | undefined): Promise<Uint8Array>;
  /** A call with many of either. */
  open(path: string, receiver: HotReceiver): HotCall;
}

/** The caller's end of a call with many messages. */
export interface HotCall {
  /** Sends one request, the parts one after another. */
  send(...parts: readonly Uint8Array[]): void;
  /** All requests were sent. */
  end(): void;
  /** Asks for the next responses after `message` said no more. */
  resume(): void;
  /** Ends the call at once. `ended` is still called. */
  cancel(): void;
}

/** Hears of a call's responses. */
export interface HotReceiver {
  /** One response. False: no more, please, before `resume` is called. */
  message(bytes: Uint8Array): boolean;
  /** The call is over; with an error unless the server ended it well. Called exactly once, and last. */
  ended(error: unknown): void;
}

/** How to talk to one server. The package's entry for each runtime makes them. */
export interface ServerTransport {
  readonly transport: Transport;
  /** A leaner way for the methods that move records. @default they go by `transport` */
  readonly hot?: HotTransport | undefined;
  /** Whether requests can go on while responses come: HTTP/2 outside browsers. */
  readonly bidirectional: boolean;
  /** The runtime's fastest CRC-32. @default the portable one */
  readonly checksum?: Checksum;
  /** Closes connections. Idempotent. */
  close(): void;
}

/** Makes a transport to the server at this URL (`http://host:port`, nothing after it). */
export type OpenTransport = (url: string) => ServerTransport;

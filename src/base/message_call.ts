/**
 * One RPC as whole messages, without a protocol around them: what the sockets' side of a node hands to whoever answers.
 * Nothing here waits: each side says when it can take more, so that no promise is made per message.
 */

/** The caller, as whoever answers sees it. */
export interface MessageCall {
  /** Sends one response, the parts one after another. False: no more, please, before `drained` is called. */
  send(...parts: readonly Uint8Array[]): boolean;
  /** Ends the call: all responses were sent. */
  end(): void;
  /** Ends the call with an error. What was sent before gets out first. */
  fail(error: unknown): void;
  /** Asks for the next requests after `message` said no more. */
  resume(): void;
}

/** Whoever answers, as the caller's side sees it. */
export interface MessageAnswerer {
  /** One request; its bytes are given away. False: no more, please, before `resume` is called. */
  message(bytes: Uint8Array): boolean;
  /** The caller has sent all its requests. */
  requestsEnded(): void;
  /** Responses were taken: more may be sent. */
  drained(): void;
  /** The call is over, whichever side ended it, and nothing that is sent now gets out. Called exactly once. */
  closed(): void;
}

/** An RPC that is answered message by message. */
export interface MessageMethod {
  /** The path of its requests, `/package.Service/Method`. */
  readonly path: string;
  /** What the caller sends and gets: `unary` is one and one, `server-streaming` one and many, `bidi` many and many. */
  readonly kind: "unary" | "server-streaming" | "bidi";
  /** Holds a call back until it may begin. Undefined: at once. A rejection ends the call. */
  readonly admit?: (() => Promise<void> | undefined) | undefined;
  open(call: MessageCall): MessageAnswerer;
}

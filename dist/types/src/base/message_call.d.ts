/**
 * RPCs as whole messages, without a protocol around them: what the sockets' side of a node hands to whoever answers, and
 * what a caller hands to its sockets. Nothing here waits: each side says when it can take more, so that no promise is
 * made per message.
 */
/** The caller, as whoever answers sees it. */
export interface MessageCall {
    /** Sends one response, the parts one after another. False: no more, please, before `drained` is called. */
    send(...parts: readonly Uint8Array[]): boolean;
    /**
     * The same with memory that is lent: `giveBack` is called when the response has left this process. Never, where that is
     * not known, or the call broke off before.
     */
    sendLent(parts: readonly Uint8Array[], giveBack: () => void): boolean;
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
    /** No request follows: the caller has sent all, or what came next cannot be read, for which the error is to be told. */
    requestsEnded(error?: unknown): void;
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
/**
 * Calls of the methods that move records, as whole messages and without Connect's pipeline around each: on the wire they
 * are the same. Failures are `ConnectError`s.
 */
export interface HotTransport {
    /** One request, one response. The parts of the request follow one another. */
    unary(path: string, request: readonly Uint8Array[], cancellation: Cancellation | undefined): Promise<Uint8Array>;
    /** A call with many of either. */
    open(path: string, receiver: HotReceiver): HotCall;
}
/** The part of an `AbortSignal` that matters here. */
export interface Cancellation {
    readonly aborted: boolean;
    readonly reason: unknown;
    addEventListener(type: "abort", listener: () => void): void;
    removeEventListener(type: "abort", listener: () => void): void;
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
    /** Nothing was sent and nothing came for about a second. */
    idle?(): void;
    /** The call is over; with an error unless the server ended it well. Called exactly once, and last. */
    ended(error: unknown): void;
}

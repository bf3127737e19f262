import { type CoalescePeriods } from "../membership/mod.d.ts";
import type { MembershipNode } from "./membership_node.d.ts";
/** A text that is no event handler. `handler` is the text, `problem` says what is wrong. */
export declare class InvalidEventHandlerError extends TypeError {
    readonly name = "InvalidEventHandlerError";
    readonly code = "INVALID_EVENT_HANDLER";
    readonly handler: string;
    readonly problem: string;
    constructor(handler: string, problem: string);
}
/** Which events are handled, and by what. */
export interface EventHandlerSpec {
    readonly text: string;
    /** As they stand in the text; `*` when none do. */
    readonly filters: readonly string[];
    readonly command: string;
    readonly wants: (event: {
        readonly type: string;
        readonly name?: string | undefined;
    }) => boolean;
    readonly words: readonly [string, ...string[]];
}
/**
 * Parses `[FILTER[,FILTER...]=]COMMAND`. Without filters all events are handled; a command with `=` in it needs one, `*`
 * say. The command is split into words here, once: quotes keep spaces, and nothing else in it is special. Throws
 * `InvalidEventHandlerError`.
 */
export declare function parseEventHandler(text: string): EventHandlerSpec;
/** What happened to the handlers so far. All only grow. */
export interface EventHandlerCounters {
    readonly runs: number;
    readonly failures: number;
    readonly dropped: number;
}
export interface EventHandlersOptions {
    readonly handlers: readonly EventHandlerSpec[];
    readonly node: MembershipNode;
    /** How long changes of members are held back, so that one run is told of many. @default 3 s, or a quiet second */
    readonly coalesce?: CoalescePeriods | undefined;
    /** Hears of handlers that fail, are slow, or cannot keep up. */
    readonly onWarn: (message: string) => void;
}
/** Runs the handlers of a node, each one event at a time, until it is disposed of. */
export declare class EventHandlers implements AsyncDisposable {
    #private;
    constructor({ handlers, node, coalesce, onWarn }: EventHandlersOptions);
    get counters(): EventHandlerCounters;
    /** Which events are handled, and by what, for those who ask. */
    get specs(): readonly EventHandlerSpec[];
    /** Other handlers from now on. Those that stay as they were go on; of the others, what waits is still done. */
    replace(specs: readonly EventHandlerSpec[]): void;
    /** Ends what runs, and forgets what waits. */
    [Symbol.asyncDispose](): Promise<void>;
}

import type { ResetCursorRequest } from "../gen/log/v1/log_pb.d.ts";
import type { ConsumeFrom } from "./client_options.d.ts";
import { type Cursor } from "./cursor.d.ts";
import { type CallOptions } from "./questions.d.ts";
import type { Servers } from "./servers.d.ts";
/** How far the consumers of a name have read. */
export interface SavedCursor {
    readonly name: string;
    /** Valid on every node, as any cursor. */
    readonly cursor: Cursor;
    /** How often it was set anew or deleted. */
    readonly resets: number;
    /** When it was saved last, milliseconds since 1970-01-01 UTC. */
    readonly savedAtMs: number;
    /** Records that the asked node holds and the consumers have not read. */
    readonly lag: number;
}
/** What a save or a reset gives: asking with `after: token` waits until the node knows no less. */
export interface CursorAck extends SavedCursor {
    readonly token: string;
}
/** What consumers of a name begin with. */
export interface CursorStart {
    /** Undefined when nothing is saved. */
    readonly saved: SavedCursor | undefined;
    /** For what is saved by whoever begins with it. */
    readonly resets: number;
}
export declare class CursorCalls {
    #private;
    constructor(servers: Servers, timeoutMs: number);
    /**
     * What is saved under a name, undefined for nothing. Of several servers up to five are asked, and what those know who
     * answer within two seconds is put together. `after` is a token of a save: one server that knows it is enough then.
     */
    get(topic: string, name: string, options?: CallOptions & {
        readonly after?: string | undefined;
    }): Promise<SavedCursor | undefined>;
    /** The same with what saves from there on have to say. */
    start(topic: string, name: string, options?: CallOptions & {
        readonly after?: string | undefined;
    }): Promise<CursorStart>;
    /** The cursors of a topic, sorted by name; those of groups' slots only when asked for. */
    list(topic: string, { slots, ...options }?: CallOptions & {
        readonly slots?: boolean;
    }): Promise<SavedCursor[]>;
    /**
     * Adds a cursor to what is saved under a name: of each writer the greatest sequence holds. `resets` is what the consumer
     * began with; `FAILED_PRECONDITION` when the cursor was set anew or deleted since.
     */
    save(topic: string, name: string, cursor: Cursor, resets: number, options?: CallOptions): Promise<CursorAck>;
    /** Sets a cursor anew, also to an earlier place, as the asked node holds the topic. Consumers of it fail and begin again. */
    reset(topic: string, name: string, to: ConsumeFrom, options?: CallOptions): Promise<CursorAck>;
    /** Forgets a cursor: who consumes under the name begins anew. Fails with `NOT_FOUND` when there is none. */
    delete(topic: string, name: string, options?: CallOptions): Promise<{
        readonly token: string;
    }>;
}
/** A place as requests say it. */
export declare function resetTo(to: ConsumeFrom): ResetCursorRequest["to"];

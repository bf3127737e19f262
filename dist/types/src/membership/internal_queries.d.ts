import type { Core } from "./core.d.ts";
import { type Query } from "./messages.d.ts";
/** Names that begin so are Serf's own: nodes answer them by themselves. */
export declare const internalPrefix = "_serf_";
export declare const internalQuery: {
    readonly ping: "_serf_ping";
    readonly conflict: "_serf_conflict";
    readonly installKey: "_serf_install-key";
    readonly useKey: "_serf_use-key";
    readonly removeKey: "_serf_remove-key";
    readonly listKeys: "_serf_list-keys";
};
/** Answers what nodes ask one another without anybody's doing. An operator's command fails when one of them is silent. */
export declare class InternalQueries {
    #private;
    constructor(core: Core);
    /** The answer to a query; undefined when it gets none. `sizeOf` says how large the message with an answer is. */
    answer(query: Query, sizeOf: (payload: Uint8Array) => number): Uint8Array | undefined;
}

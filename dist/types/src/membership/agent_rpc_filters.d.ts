/** Which events and which members a client of the agent RPC wants. */
import type { MemberFilter } from "./agent_rpc_requests.d.ts";
import type { Member } from "./types.d.ts";
/** An event as far as filters look at it: user events and queries have names. */
export interface FilteredEvent {
    readonly type: string;
    readonly name?: string | undefined;
}
/** Parses a list of filters separated by commas: `*`, types, `user:NAME`, `query:NAME`. Undefined when one is none. */
export declare function parseEventFilters(text: string): ((event: FilteredEvent) => boolean) | undefined;
/** The members that match a filter; undefined when one of its texts is no expression. */
export declare function filterMembers(members: readonly Member[], filter: MemberFilter): readonly Member[] | undefined;

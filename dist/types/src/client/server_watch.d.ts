/** Hears of changes of the servers from one of them, as they happen. */
import type { ClientClock } from "./client_clock.d.ts";
import { type NamedServer } from "./cluster_identity.d.ts";
import type { ServerConnection } from "./connections.d.ts";
export interface ServerWatchOptions {
    readonly clock: ClientClock;
    /** Whom to ask now. */
    readonly current: () => ServerConnection;
    /** Whether calls are on their way, however long ago the last of them was answered. */
    readonly isBusy: () => boolean;
    /** What is known of a server now; not alive: it is not to be chosen. */
    readonly onServer: (server: NamedServer, from: ServerConnection) => void;
}
export declare class ServerWatch {
    #private;
    constructor(options: ServerWatchOptions);
    get isOpen(): boolean;
    /** A server answered a call. Costs next to nothing: it is called for every batch. */
    used(): void;
    /** Idempotent. */
    close(): void;
}

import type { ServerChoice, Servers } from "./servers.d.ts";
/**
 * Which server the records of a key go to, its home: by rendezvous over those that are alive and hold the topic, so that
 * all clients find the same one without asking each other, and the keys of a server that goes spread over the others.
 */
export declare class Homes {
    #private;
    constructor(servers: Servers, topic: string);
    /** Names of those that are alive, sorted, as one text: another one when they changed. */
    get state(): string;
    /** Resolves once it is known who is alive. Rejects with `ClientError` when nobody says so. */
    known(): Promise<void>;
    /** The servers, the key's home first. Rejects with `ClientError` when nobody says who is alive, or not in time. */
    find(key: string | Uint8Array, time: CallersTime): Promise<ServerChoice>;
    /** The node that is the key's home. It is known who is alive. */
    homeOf(key: string | Uint8Array): string;
    /** The servers, that node's first. */
    choiceOf(name: string): ServerChoice;
    /** Looks who is alive, unless that was done just now. Never rejects. */
    lookAgain(everyMs?: number): Promise<void>;
    look(): Promise<void>;
}
/** How long one of those who ask waits. */
export interface CallersTime {
    /** 0: for as long as the servers are asked. */
    readonly timeoutMs: number;
    readonly signal?: AbortSignal | undefined;
}

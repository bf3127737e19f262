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
    /** The node that is the key's home. It is known who is alive. */
    homeOf(key: string | Uint8Array): string;
    /** The servers, that node's first. */
    choiceOf(name: string): ServerChoice;
    /** Looks who is alive, unless that was done just now. Never rejects. */
    lookAgain(everyMs?: number): Promise<void>;
    look(): Promise<void>;
}

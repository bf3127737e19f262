import type { RecordInput } from "../base/mod.d.ts";
import type { ClientClock } from "./client_clock.d.ts";
import type { Homes } from "./homes.d.ts";
import type { SendAck } from "./producer.d.ts";
import { type ProducerOptions } from "./producer_options.d.ts";
/** How to produce each key's records at one node. */
export interface HomeProducerOptions extends ProducerOptions {
    /** All records with one key go to one node while it lives: its home. Each record needs a key. */
    readonly home: true;
}
export interface HomeProducerContext {
    readonly topic: string;
    readonly options: HomeProducerOptions;
    readonly homes: Homes;
    readonly clock: Pick<ClientClock, "nowMs" | "schedule">;
    readonly failover: boolean;
}
/**
 * Sends each record to the home of its key, so that one node puts all records of a key into an order that is the same
 * everywhere. When nodes come or go, what is on its way is waited for before records go to new homes. A record whose home
 * fails before it answers goes to another node, and what its key's other producers send meanwhile may come before or
 * after it: then the order of the key is that of two writers.
 */
export declare class HomeProducer implements AsyncDisposable {
    #private;
    constructor(context: HomeProducerContext);
    /** Resolves when the record is stored as durably as the options ask, at the home of its key. */
    send(record: RecordInput): Promise<SendAck>;
    /** Resolves when a send would be packed at once. */
    ready(): Promise<void>;
    /** Resolves when everything sent so far is answered; rejects when the last of it to any home failed. */
    flush(): Promise<void>;
    /** Waits for what was sent, then closes. Failures are told to those who sent. */
    [Symbol.asyncDispose](): Promise<void>;
}

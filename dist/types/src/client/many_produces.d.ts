import type { HotTransport } from "../base/mod.d.ts";
import { type ProduceAnswer, ProduceRequests } from "./hot_messages.d.ts";
/** Hears, once, what became of a produce. */
export interface ProduceOutcome {
    answered(answer: ProduceAnswer): void;
    /** The server refused this one; or the stream broke, and with it all that were unanswered. */
    failed(error: unknown, how: "refused" | "broken"): void;
}
/** Produces on one stream, each for itself. How many are unanswered is up to those who send them. */
export declare class ManyProduces {
    #private;
    constructor(hot: HotTransport);
    /** Requests that ask for acks of the asked node alone. */
    requestsTo(topic: string): ProduceRequests;
    /** Sends a frame. Those for one topic are stored in the order of the calls, as long as the stream stands. */
    send(requests: ProduceRequests, frame: Uint8Array, outcome: ProduceOutcome): void;
}

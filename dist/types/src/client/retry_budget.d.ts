/**
 * How many retries there may be: a fifth of the calls, and a few. When all servers fail, retries would otherwise multiply
 * the load that they fail under.
 */
export declare class RetryBudget {
    #private;
    /** Counts a first try. */
    called(nowMs: number): void;
    /** Whether there may be a retry now. If so it is counted. */
    take(nowMs: number): boolean;
}

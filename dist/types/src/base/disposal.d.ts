/**
 * What an owner acquired, released in reverse order: every step runs, and errors combine. The small part of
 * `AsyncDisposableStack` that the project uses, because Node 20 lacks it.
 */
export declare class DisposalStack implements AsyncDisposable {
    #private;
    /** Takes ownership of a resource and returns it. */
    use<Resource extends AsyncDisposable>(resource: Resource): Resource;
    /** Calls `release` on disposal. */
    defer(release: () => unknown): void;
    /** Releases everything, once; later calls wait for the first. Rejects with the error, or `AggregateError` of several. */
    [Symbol.asyncDispose](): Promise<void>;
}

/**
 * What an owner acquired, released in reverse order: every step runs, and errors combine. The small part of
 * `AsyncDisposableStack` that the project uses, because Node 20 lacks it.
 */
export class DisposalStack implements AsyncDisposable {
  #releases: (() => unknown)[] = [];
  #disposed: Promise<void> | undefined;

  /** Takes ownership of a resource and returns it. */
  use<Resource extends AsyncDisposable>(resource: Resource): Resource {
    this.defer(() => resource[Symbol.asyncDispose]());
    return resource;
  }

  /** Calls `release` on disposal. */
  defer(release: () => unknown): void {
    this.#releases.push(release);
  }

  /** Releases everything, once; later calls wait for the first. Rejects with the error, or `AggregateError` of several. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#releaseAll();
    return this.#disposed;
  }

  async #releaseAll(): Promise<void> {
    const errors: unknown[] = [];
    for (const release of this.#releases.reverse()) {
      try {
        await release();
      } catch (error) {
        errors.push(error);
      }
    }
    this.#releases = [];
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new AggregateError(errors, "Several steps of a release failed");
  }
}

/** A listener's error is its owner's bug: it must be seen, but must not break a commit. */
export function rethrowLater(error: unknown): void {
  void Promise.reject(error);
}

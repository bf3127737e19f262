/** What was awaited did not happen, however long the world ran. */
export class WorldTimeoutError extends Error {
  override readonly name = "WorldTimeoutError";
  readonly code = "WORLD_TIMEOUT";

  constructor(doing: string, withinMs: number) {
    super(`Cannot ${doing}: it has not happened within ${withinMs} ms of virtual time`);
  }
}

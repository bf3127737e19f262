/** Whether somebody looks at the page. Out of sight it asks nothing and holds no streams open. */

/** A page that is looked away from for a moment stays as it is. */
const patienceMs = 10_000;

export interface Sight {
  readonly inSight: boolean;
  /** Resolves when the page is in sight. */
  wait(): Promise<void>;
  /** Fires when the page went out of sight for long enough. */
  signal(): AbortSignal;
}

export function watchSight(): Sight {
  let inSight = true;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let controller = new AbortController();
  let waiting: (() => void)[] = [];
  const look = (): void => {
    clearTimeout(timer);
    if (document.hidden) {
      timer = setTimeout(() => {
        inSight = false;
        controller.abort();
      }, patienceMs);
      return;
    }
    if (!inSight) controller = new AbortController();
    inSight = true;
    for (const resolve of waiting) resolve();
    waiting = [];
  };
  document.addEventListener("visibilitychange", look);
  look();
  return {
    get inSight() {
      return inSight;
    },
    wait: () => (inSight ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    signal: () => controller.signal,
  };
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Does something again and again while the page is in sight, some time after it ended, whether well or not. */
export async function repeat(
  work: (signal: AbortSignal) => Promise<void>,
  everyMs: number,
  sight: Sight,
): Promise<never> {
  for (;;) {
    await sight.wait();
    // The banner tells when nobody answers; a single question that fails is asked again in its time.
    await work(sight.signal()).catch(() => {});
    await pause(everyMs);
  }
}

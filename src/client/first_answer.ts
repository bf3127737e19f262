import type { ClientClock } from "./client_clock.ts";

/** One that says nothing for so long has the next one asked beside it: far more than an answer takes, and not yet a wait. */
const patienceMs = 250;

/**
 * Asks one after another, the next one as soon as one fails or is silent for a while. The first answer counts; those that
 * were asked beside it go on to their own ends. Rejects as the last one that failed when none answers, or at once with what
 * is not `passable`.
 */
export function firstAnswer<Place, Answer>(
  places: readonly Place[],
  ask: (place: Place) => Promise<Answer>,
  { clock, passable }: { readonly clock: ClientClock; readonly passable: (failure: unknown) => boolean },
): Promise<Answer> {
  let asked = 0;
  let failed = 0;
  let cancel = (): void => {};
  return new Promise<Answer>((resolve, reject) => {
    const askNext = (): void => {
      cancel();
      if (asked >= places.length) return;
      const place = places[asked++] as Place;
      cancel = clock.schedule(clock.nowMs() + patienceMs, askNext, { inBackground: true });
      ask(place).then(resolve, (failure: unknown) => {
        failed++;
        if (!passable(failure) || failed === places.length) reject(failure);
        else askNext();
      });
    };
    askNext();
  }).finally(() => {
    // What fails from now on makes nobody ask another one.
    asked = places.length;
    cancel();
  });
}

/** What every log that is measured can do, so that all of them are measured in the same way. */
import type { ServerProcess } from "../server_process.ts";

export interface Contender extends AsyncDisposable {
  /** As tables print it: the server and the client. */
  readonly name: string;
  /** What an acknowledgement survives. */
  readonly durability: string;
  readonly server: ServerProcess;
  /** A fresh, empty topic. */
  createTopic(): Promise<ContenderTopic>;
}

export interface ContenderTopic {
  /** Produces one record and waits for its acknowledgement. */
  send(value: Uint8Array): Promise<unknown>;
  /** Reads so many records from the start; `read` is given every value. */
  consume(count: number, read: (value: Uint8Array) => void): Promise<void>;
  /** Reads what comes, by a connection of its own, until the disposal. Resolves when it is sure to miss nothing. */
  tail(read: (value: Uint8Array) => void): Promise<AsyncDisposable>;
  /** Makes room: a contender in memory could not hold what all rounds send. */
  drop(): Promise<void>;
}

/** Sends `count` records with at most `window` unanswered ones. */
export function sendInFlight(count: number, window: number, send: () => Promise<unknown>): Promise<void> {
  return new Promise((resolve, reject) => {
    let sent = 0;
    let answered = 0;
    const sendMore = (): void => {
      while (sent < count && sent - answered < window) {
        sent++;
        send().then(finished, reject);
      }
    };
    const finished = (): void => {
      answered++;
      if (answered === count) resolve();
      else sendMore();
    };
    sendMore();
  });
}

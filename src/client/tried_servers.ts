import { ClientError } from "./errors.ts";

/** Servers whose reasons are told one by one. */
const reasonsMax = 8;

/** What each server said that was tried in vain, the last word of each. */
export class TriedServers {
  readonly #failures = new Map<string, ClientError>();

  add(failure: ClientError): void {
    if (failure.server === undefined) return;
    // That the time was over says less than why it was.
    if (!isOfServer(failure) && this.#failures.has(failure.server)) return;
    this.#failures.delete(failure.server);
    this.#failures.set(failure.server, failure);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > reasonsMax && oldest !== undefined) this.#failures.delete(oldest);
  }

  clear(): void {
    this.#failures.clear();
  }

  /**
   * The last failure, with the reasons of all that were tried where there are several. Where the time was over while one
   * more try was on its way, the code is that of the tries before.
   */
  tell(last: ClientError): ClientError {
    const isLate = last.code === "DEADLINE_EXCEEDED";
    // What a server says of the call itself stands for itself.
    if (!isLate && !isOfServer(last)) return last;
    const others = [...this.#failures.values()].filter((one) => one !== last && (isLate || one.server !== last.server));
    if (others.length === 0) return last;
    const { server, fate, cause } = last;
    const code = (isLate && others.findLast(isOfServer)?.code) || last.code;
    const reasons = others.map(({ message }) => message.replace(/^Cannot [^:]*: /, ""));
    return new ClientError(code, [last.message, ...reasons].join("; "), { server, fate, cause });
  }
}

/** Whether it is the server, or the way to it, that is to blame, so that another one may do better. */
export function isOfServer({ code }: ClientError): boolean {
  switch (code) {
    case "UNAVAILABLE":
    case "CERTIFICATE_REFUSED":
    case "NOT_A_SERVER":
    case "DIFFERENT_CLUSTERS":
    case "INCOMPATIBLE_SERVER":
      return true;
    default:
      return false;
  }
}

/** What the words of runtimes tell of a server, or of something else. Browsers keep such words to themselves. */
import type { ConnectError } from "@connectrpc/connect";
import { certificateFault, neverConnected, strangeAnswer } from "./connection_faults.ts";
import type { ClientError, ClientErrorCode, ProduceFate } from "./errors.ts";

/** `doing` completes "Cannot …". */
export interface FailedCall {
  readonly doing: string;
  readonly server: string;
  readonly fate?: ProduceFate | undefined;
}

/** Why a client cannot talk to it however often it tries. */
export interface Misfit {
  readonly code: ClientErrorCode;
  readonly message: string;
  readonly about?: Partial<ClientError> | undefined;
}

export function misfitOf(failure: ConnectError, { doing, server, fate }: FailedCall): Misfit | undefined {
  const certificate = server.startsWith("https:") ? certificateFault(failure) : undefined;
  if (certificate !== undefined) {
    const fix = "trust its issuer (NODE_EXTRA_CA_CERTS, or DENO_CERT), or call it by a name that its certificate has";
    const message = `Cannot ${doing}: the certificate of ${server} is refused (${certificate}); ${fix}`;
    return { code: "CERTIFICATE_REFUSED", message, about: fate && { fate: "unsent" } };
  }
  const answer = strangeAnswer(failure);
  if (answer === undefined) return undefined;
  const message = `Cannot ${doing}: what answers at ${server} is no Grapevine node (${answer}); name the address that a node serves RPC at`;
  return { code: "NOT_A_SERVER", message };
}

/** Undefined where there was a connection, as far as anybody can tell. */
export function unreachableWords(failure: ConnectError, { doing, server }: FailedCall): string | undefined {
  return neverConnected(failure) ? `Cannot ${doing}: nobody answers at ${server} (${failure.rawMessage})` : undefined;
}

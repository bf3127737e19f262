/** What went wrong with a connection, in words for people: the runtimes say it in three ways. */

const wordsOfCodes: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "the connection was closed before an answer came",
  EPIPE: "the connection was closed before an answer came",
  ENOTFOUND: "no address is known for this host",
  EAI_AGAIN: "no name server answers for this host",
  EHOSTUNREACH: "no route to this host",
  ENETUNREACH: "no route to this network",
  ETIMEDOUT: "nobody answers at this address",
  EADDRNOTAVAIL: "no local port is free for it, or it cannot be reached from here",
  EMFILE: "this process has too many files open",
  DEPTH_ZERO_SELF_SIGNED_CERT: "TLS: the certificate signs itself, and is not trusted here",
  SELF_SIGNED_CERT_IN_CHAIN: "TLS: the authority of the certificate is not trusted here",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "TLS: the authority of the certificate is not known here",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "TLS: the authority of the certificate is not known here",
  CERT_HAS_EXPIRED: "TLS: the certificate has expired",
  ERR_TLS_CERT_ALTNAME_INVALID: "TLS: the certificate is for another host",
  EPROTO: "TLS: the port does not speak it",
  ERR_SSL_WRONG_VERSION_NUMBER: "TLS: the port does not speak it",
};

/** Where there is no code that tells it. */
const wordsOfTexts: readonly (readonly [RegExp, string])[] = [
  [/UnknownIssuer|self.signed/i, "TLS: the authority of the certificate is not known here"],
  [/certificate.*expired/i, "TLS: the certificate has expired"],
  [/NotValidForName|altname/i, "TLS: the certificate is for another host"],
  [/wrong version number|InvalidContentType|corrupt message/i, "TLS: the port does not speak it"],
  [/^Protocol error$/, "the port does not speak HTTP/2"],
  [/Parse Error: [EI]/, "the answer is not HTTP"],
  [/connection refused/i, "connection refused"],
  [/failed to lookup|getaddrinfo|not known/i, "no address is known for this host"],
  [/socket hang up|reset by peer|closed/i, "the connection was closed before an answer came"],
];

export function connectionWords(error: unknown): string {
  const { code, message } = detailsOf(error);
  const words = wordsOfCodes[code] ?? wordsOfTexts.find(([pattern]) => pattern.test(message))?.[1];
  if (words !== undefined) return words;
  return message === "" ? code || "the connection failed" : message;
}

function detailsOf(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof Error)) return { code: "", message: String(error) };
  // Attempts at several addresses of one name fail together, and an error may wrap the one that says why.
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (inner instanceof Error && (code === "" || wordsOfCodes[code] === undefined)) return detailsOf(inner);
  return { code, message: error.message };
}

/** What runtimes say, each in words of its own, when no connection comes about. */

/** Causes of causes that are looked at. */
const causesMax = 8;

const noConnection =
  /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ConnectionRefused|FailedToOpenSocket|UND_ERR_CONNECT|tcp connect error|dns error|Unable to connect/;

/**
 * True when the failure came before a connection stood, so that surely nothing was sent. Only the runtime's own errors tell:
 * a server that cannot reach another one may say so in the same words, and it has taken the call.
 */
export function neverConnected(error: unknown): boolean {
  return causesOf(error).some((cause) => !isQuoted(cause) && noConnection.test(wordsOf(cause)));
}

/** Errors of calls (`ConnectError`, `ClientError`): their words may be those of a server. */
function isQuoted(error: Error): boolean {
  return "rawMessage" in error || "fate" in error;
}

const badCertificate =
  /SELF_SIGNED|self[- ]signed|UNABLE_TO_(VERIFY|GET_ISSUER)|unable to (verify|get)|CERT_|ALTNAME|altnames|HOSTNAME_MISMATCH|invalid peer certificate|certificate/i;

/** What is wrong with the certificate of a server, in the runtime's words; undefined where it is something else. */
export function certificateFault(error: unknown): string | undefined {
  return causesOf(error)
    .map(wordsOf)
    .find((words) => badCertificate.test(words));
}

const noServer =
  /unsupported content type|Protocol error|ERR_HTTP2_ERROR|HPE_INVALID|Expected HTTP|Malformed_HTTP|invalid HTTP version|WRONG_VERSION_NUMBER|wrong version number|NO_APPLICATION_PROTOCOL/;

/** What shows that something answered which does not speak as nodes do; undefined where nothing shows it. */
export function strangeAnswer(error: unknown): string | undefined {
  return causesOf(error)
    .map(wordsOf)
    .find((words) => noServer.test(words))
    ?.trim();
}

/** An error, what caused it, what caused that, and so on. */
function causesOf(error: unknown): Error[] {
  const causes: Error[] = [];
  for (let cause = error; cause instanceof Error && causes.length < causesMax; cause = cause.cause) causes.push(cause);
  return causes;
}

/** Its message and its code. */
function wordsOf(error: Error): string {
  const code = "code" in error && typeof error.code === "string" ? ` (${error.code})` : "";
  const message = "rawMessage" in error ? String(error.rawMessage) : error.message;
  return `${message.trim()}${code}`;
}

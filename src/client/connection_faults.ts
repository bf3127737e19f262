/** What runtimes say, each in words of its own, when no connection comes about. */

/** Causes of causes that are looked at. */
const causesMax = 8;

const noConnection =
  /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ConnectionRefused|FailedToOpenSocket|UND_ERR_CONNECT|tcp connect error|dns error|Unable to connect/;

/** True when the failure came before a connection stood, so that surely nothing was sent. */
export function neverConnected(error: unknown): boolean {
  return wordsOf(error).some((words) => noConnection.test(words));
}

const badCertificate =
  /SELF_SIGNED|self[- ]signed|UNABLE_TO_(VERIFY|GET_ISSUER)|unable to (verify|get)|CERT_|ALTNAME|altnames|HOSTNAME_MISMATCH|invalid peer certificate|certificate/i;

/** What is wrong with the certificate of a server, in the runtime's words; undefined where it is something else. */
export function certificateFault(error: unknown): string | undefined {
  return wordsOf(error).find((words) => badCertificate.test(words));
}

const noServer =
  /unsupported content type|Protocol error|ERR_HTTP2_ERROR|HPE_INVALID|Expected HTTP|Malformed_HTTP|invalid HTTP version|WRONG_VERSION_NUMBER|wrong version number|NO_APPLICATION_PROTOCOL/;

/** What shows that something answered which does not speak as nodes do; undefined where nothing shows it. */
export function strangeAnswer(error: unknown): string | undefined {
  return wordsOf(error)
    .find((words) => noServer.test(words))
    ?.trim();
}

/** Codes and messages of an error and of what it was caused by. */
function wordsOf(error: unknown): string[] {
  const words: string[] = [];
  let cause = error;
  for (let depth = 0; depth < causesMax && cause instanceof Error; depth++) {
    const code = "code" in cause && typeof cause.code === "string" ? ` (${cause.code})` : "";
    const message = "rawMessage" in cause ? String(cause.rawMessage) : cause.message;
    words.push(`${message.trim()}${code}`);
    cause = cause.cause;
  }
  return words;
}

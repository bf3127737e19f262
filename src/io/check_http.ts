import http from "node:http";
import https from "node:https";
import { concat, toText } from "../base/mod.ts";
import type { ActiveCheck, CheckOutcome } from "../registry/mod.ts";
import { connectionWords } from "./check_words.ts";

type HttpCheck = Pick<Extract<ActiveCheck, { readonly type: "http" }>, "url" | "method" | "headers">;

/** Redirects that are followed, and only to the host that was asked. */
const redirectsMax = 3;

/** Of a body so many bytes are read: then the connection is closed. */
const bodyBytesMax = 1_024;

type Answer =
  | { readonly type: "response"; readonly status: number; readonly location: string | undefined; readonly body: string }
  | { readonly type: "failure"; readonly output: string };

/** Asks a URL, on a connection of its own. 2xx passes, 429 warns, anything else fails. */
export async function checkHttp(check: HttpCheck, signal: AbortSignal): Promise<CheckOutcome> {
  let url = new URL(check.url);
  for (let redirects = 0; ; redirects++) {
    const answer = await ask(url, check, signal);
    if (answer.type === "failure") return { state: "critical", output: answer.output };
    const target = redirectOf(answer, check.method, url);
    if (target === undefined) return outcomeOf(answer);
    const line = `${statusLine(answer.status)} to ${target.href}`;
    if (target.hostname !== url.hostname || !/^https?:$/.test(target.protocol)) {
      return { state: "critical", output: `${line}: redirects to another host are not followed` };
    }
    if (redirects === redirectsMax) {
      return { state: "critical", output: `${line}: no more than ${redirectsMax} redirects are followed` };
    }
    url = target;
  }
}

function outcomeOf({ status, body }: Extract<Answer, { readonly type: "response" }>): CheckOutcome {
  const state = status >= 200 && status <= 299 ? "passing" : status === 429 ? "warning" : "critical";
  const said = body.trim();
  return { state, output: `${statusLine(status)}${said === "" ? "" : `: ${said}`}` };
}

function statusLine(status: number): string {
  return `HTTP ${status} ${http.STATUS_CODES[status] ?? ""}`.trim();
}

/** Other methods are not sent twice. */
function redirectOf(
  answer: Extract<Answer, { readonly type: "response" }>,
  method = "GET",
  from: URL,
): URL | undefined {
  const { status, location } = answer;
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return undefined;
  if (method !== "GET" && method !== "HEAD") return undefined;
  return URL.canParse(location, from) ? new URL(location, from) : undefined;
}

/** One request. Resolves when enough of the body came, when it ended, and when the signal aborts. */
function ask(url: URL, { method = "GET", headers = {} }: HttpCheck, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve) => {
    let progress = "no connection came about";
    const failure = (error: unknown): Answer => ({ type: "failure", output: `${connectionWords(error)}: ${url.host}` });
    let request: http.ClientRequest;
    const end = (answer: Answer): void => {
      signal.removeEventListener("abort", giveUp);
      resolve(answer);
      request.destroy();
    };
    const giveUp = (): void => end({ type: "failure", output: progress });
    try {
      const open = url.protocol === "https:" ? https.request : http.request;
      request = open(url, { method, headers: { "user-agent": "grapevine-check", ...headers }, agent: false });
    } catch (error) {
      resolve(failure(error));
      return;
    }
    // Errors may follow the first.
    request.on("error", (error) => end(failure(error)));
    request.once("socket", (socket) => {
      const isSecure = url.protocol === "https:";
      const asked = "connected, but no headers of a response came";
      socket.once("connect", () => {
        progress = isSecure ? "connected, but nobody answers in TLS" : asked;
      });
      if (isSecure) {
        socket.once("secureConnect", () => {
          progress = asked;
        });
      }
    });
    request.once("response", (response) => {
      progress = `${statusLine(response.statusCode ?? 0)}, but its body did not end`;
      readBody(response, end);
    });
    signal.addEventListener("abort", giveUp, { once: true });
    if (signal.aborted) giveUp();
    else request.end();
  });
}

function readBody(response: http.IncomingMessage, end: (answer: Answer) => void): void {
  const { statusCode: status = 0 } = response;
  const { location } = response.headers;
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const done = (): void => {
    end({ type: "response", status, location, body: toText(concat(parts).subarray(0, bodyBytesMax)) });
  };
  response.on("data", (part: Uint8Array) => {
    parts.push(part);
    bytes += part.length;
    if (bytes >= bodyBytesMax) done();
  });
  response.once("end", done);
  response.once("close", () => {
    end({ type: "failure", output: `${statusLine(status)}, but the connection was closed within its body` });
  });
  response.on("error", () => {});
}

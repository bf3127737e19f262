/**
 * Bytes that are no message are the caller's fault, but Connect calls them "internal". Here they become
 * "invalid argument", except for unary calls of gRPC: nothing of ours sees those fail, and gRPC's own servers say
 * "internal" as well.
 */
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { createAsyncIterable, type UniversalServerResponse } from "@connectrpc/connect/protocol";
import { concat, toBytes, toText } from "../base/mod.ts";

/** How Connect begins what it says of them. */
const parseFailure = "parse binary: ";

function told(message: string): string {
  return `Cannot read the request: ${message.slice(parseFailure.length)}`;
}

/** What a caller is told of an error that may be about bytes that are no message. */
export function blamingCaller(error: ConnectError): ConnectError {
  if (error.code !== Code.Internal || !error.rawMessage.startsWith(parseFailure)) return error;
  return new ConnectError(told(error.rawMessage), Code.InvalidArgument);
}

/** For all streams: their requests are parsed while an implementation reads them. */
export const blameCallersOfStreams: Interceptor = (next) => (request) =>
  next(request.stream ? { ...request, message: blamed(request.message) } : request);

async function* blamed<Message>(messages: AsyncIterable<Message>): AsyncGenerator<Message> {
  try {
    yield* messages;
  } catch (error) {
    throw error instanceof ConnectError ? blamingCaller(error) : error;
  }
}

/** For unary calls of Connect's own protocol: their requests are parsed before anything of ours sees the call. */
export async function blameCallerOfUnary(answer: UniversalServerResponse): Promise<UniversalServerResponse> {
  // Nothing but a failed unary call of that protocol has this status, and its body is one small JSON object.
  if (answer.status !== 500 || answer.body === undefined) return answer;
  const parts: Uint8Array[] = [];
  for await (const part of answer.body) parts.push(part);
  const bytes = concat(parts);
  const { message } = JSON.parse(toText(bytes)) as { readonly message?: unknown };
  if (typeof message !== "string" || !message.startsWith(parseFailure)) {
    return { ...answer, body: createAsyncIterable([bytes]) };
  }
  const body = toBytes(JSON.stringify({ code: "invalid_argument", message: told(message) }));
  answer.header?.set("content-length", String(body.length));
  return { ...answer, status: 400, body: createAsyncIterable([body]) };
}

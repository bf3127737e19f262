/**
 * The protocols of hot calls: which one a request speaks, judged by its headers alone, and how each writes its end.
 * Whatever is out of the ordinary is left to Connect's own handlers before a byte of the body was read.
 */
import type { IncomingHttpHeaders } from "node:http";
import type { ConnectError } from "@connectrpc/connect";
import { codeToHttpStatus, errorToJson } from "@connectrpc/connect/protocol-connect";
import { type MessageMethod, toBytes } from "../base/mod.ts";

/** How the bodies of a call look. */
export type HotProtocol = "connect-unary" | "connect-stream" | "grpc" | "grpc-web";

/** How a response ends in a protocol whose messages have envelopes. */
export interface HotEnding {
  /** A last envelope in the body; undefined when the protocol has none. */
  readonly envelope: { readonly flags: number; readonly bytes: Uint8Array } | undefined;
  readonly trailers: Readonly<Record<string, string>> | undefined;
}

const connectEndFlag = 2;
const grpcWebTrailerFlag = 0x80;

/** Headers that ask for something that only Connect's own handlers do. */
const extraordinary: readonly string[] = ["connect-timeout-ms", "grpc-timeout"];
const encodings: readonly string[] = ["content-encoding", "connect-content-encoding", "grpc-encoding"];

/** The protocol that a request speaks; undefined when this is not for hot calls. */
export function protocolOf(
  kind: MessageMethod["kind"],
  headers: IncomingHttpHeaders,
  options: { readonly http2: boolean; readonly messageBytesMax: number },
): HotProtocol | undefined {
  // Requests cannot go on while responses come.
  if (kind === "bidi" && !options.http2) return undefined;
  for (const name of extraordinary) if (headers[name] !== undefined) return undefined;
  for (const name of encodings) if (headers[name] !== undefined && headers[name] !== "identity") return undefined;
  const version = headers["connect-protocol-version"];
  if (version !== undefined && version !== "1") return undefined;
  const length = headers["content-length"];
  if (length !== undefined && Number(length) > options.messageBytesMax) return undefined;
  switch (headers["content-type"]) {
    case "application/proto":
      return kind === "unary" ? "connect-unary" : undefined;
    case "application/connect+proto":
      return kind === "unary" ? undefined : "connect-stream";
    case "application/grpc":
    case "application/grpc+proto":
      // gRPC ends with trailers, which HTTP/1.1 clients do not read.
      return options.http2 ? "grpc" : undefined;
    case "application/grpc-web":
    case "application/grpc-web+proto":
      return "grpc-web";
    default:
      return undefined;
  }
}

const contentTypes: Readonly<Record<HotProtocol, string>> = {
  "connect-unary": "application/proto",
  "connect-stream": "application/connect+proto",
  grpc: "application/grpc+proto",
  "grpc-web": "application/grpc-web+proto",
};

export function contentTypeOf(protocol: HotProtocol): string {
  return contentTypes[protocol];
}

const connectEnd: HotEnding = { envelope: { flags: connectEndFlag, bytes: toBytes("{}") }, trailers: undefined };
const grpcEnd: HotEnding = { envelope: undefined, trailers: { "grpc-status": "0" } };
const grpcWebEnd: HotEnding = {
  envelope: { flags: grpcWebTrailerFlag, bytes: toBytes("grpc-status: 0\r\n") },
  trailers: undefined,
};

/** The end of a response with envelopes, after an error where there is one. */
export function endingOf(protocol: Exclude<HotProtocol, "connect-unary">, error: ConnectError | undefined): HotEnding {
  switch (protocol) {
    case "connect-stream": {
      if (error === undefined) return connectEnd;
      const bytes = toBytes(JSON.stringify({ error: errorToJson(error, undefined) }));
      return { envelope: { flags: connectEndFlag, bytes }, trailers: undefined };
    }
    case "grpc":
      return error === undefined ? grpcEnd : { envelope: undefined, trailers: grpcStatusOf(error) };
    case "grpc-web": {
      if (error === undefined) return grpcWebEnd;
      const lines = Object.entries(grpcStatusOf(error)).map(([name, value]) => `${name}: ${value}\r\n`);
      return { envelope: { flags: grpcWebTrailerFlag, bytes: toBytes(lines.join("")) }, trailers: undefined };
    }
    default:
      throw protocol satisfies never;
  }
}

function grpcStatusOf(error: ConnectError): Record<string, string> {
  return { "grpc-message": encodeURIComponent(error.rawMessage), "grpc-status": String(error.code) };
}

/** A failed unary call of Connect's protocol: its status and body. */
export function unaryFailureOf(error: ConnectError): { readonly status: number; readonly body: Uint8Array } {
  return { status: codeToHttpStatus(error.code), body: toBytes(JSON.stringify(errorToJson(error, undefined))) };
}

import http2 from "node:http2";
import net from "node:net";
import type { Duplex } from "node:stream";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { concat, parseAddress } from "../base/mod.ts";
import {
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "../gen/grpc/health/v1/health_pb.ts";
import type { ActiveCheck, CheckOutcome } from "../registry/mod.ts";
import { connectionWords } from "./check_words.ts";
import { withoutGoaway } from "./listener_goaway.ts";

type GrpcCheck = Pick<Extract<ActiveCheck, { readonly type: "grpc" }>, "address" | "service">;

const path = "/grpc.health.v1.Health/Check";

/** Bytes of an answer: it is one small number. */
const answerBytesMax = 1_024;

/** Flags and length stand before each message. */
const prefixBytes = 5;

/** Codes of gRPC that say more to people in words. */
const wordsOfCodes: Readonly<Record<number, string>> = {
  5: "NOT_FOUND: the server does not know",
  12: "UNIMPLEMENTED: the server has no grpc.health.v1.Health",
  14: "UNAVAILABLE",
  16: "UNAUTHENTICATED",
};

/** Asks grpc.health.v1 in HTTP/2 without TLS, on a connection of its own. SERVING passes, anything else fails. */
export function checkGrpc({ address, service = "" }: GrpcCheck, signal: AbortSignal): Promise<CheckOutcome> {
  const target = parseAddress(address, 0);
  if (target === undefined) return Promise.resolve({ state: "critical", output: `${address} is not host:port` });
  return new Promise((resolve) => {
    let progress = `no connection to ${address} came about`;
    const socket = net.connect({ host: target.host, port: target.port });
    let session: http2.ClientHttp2Session | undefined;
    const end = (outcome: CheckOutcome): void => {
      signal.removeEventListener("abort", giveUp);
      resolve(outcome);
      session?.destroy();
      socket.destroy();
    };
    const fail = (output: string): void => end({ state: "critical", output });
    const giveUp = (): void => fail(progress);
    // Errors may follow the first.
    socket.on("error", (error) => fail(`${connectionWords(error)}: ${address}`));
    socket.once("connect", () => {
      progress = `connected to ${address}, but no answer of gRPC came`;
      session = openSession(address, socket);
      session.on("error", (error) => fail(`${sessionWords(error)}: ${address}`));
      session.once("close", () => fail(`the connection was closed before an answer came: ${address}`));
      ask(session, service, end);
    });
    signal.addEventListener("abort", giveUp, { once: true });
    if (signal.aborted) giveUp();
  });
}

function openSession(address: string, socket: net.Socket): http2.ClientHttp2Session {
  const createConnection = (): Duplex =>
    "Deno" in globalThis ? withoutGoaway(socket, Buffer.alloc(0), { prefaceBytes: 0 }) : socket;
  return http2.connect(`http://${address}`, { createConnection, settings: { enablePush: false } });
}

/** A server of something else answers with what is no frame. */
function sessionWords(error: Error & { readonly code?: string }): string {
  return error.code?.startsWith("ERR_HTTP2") === true ? "the port does not speak HTTP/2" : connectionWords(error);
}

function ask(session: http2.ClientHttp2Session, service: string, end: (outcome: CheckOutcome) => void): void {
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc+proto",
    te: "trailers",
    "user-agent": "grapevine-check",
  });
  const parts: Uint8Array[] = [];
  let bytes = 0;
  let httpStatus = 0;
  let code: number | undefined;
  let message = "";
  const takeHeaders = (headers: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader): void => {
    httpStatus = headers[":status"] ?? httpStatus;
    if (headers["grpc-status"] !== undefined) code = Number(headers["grpc-status"]);
    if (headers["grpc-message"] !== undefined) message = decodeMessage(String(headers["grpc-message"]));
  };
  stream.on("response", takeHeaders);
  stream.on("trailers", takeHeaders);
  stream.on("data", (part: Uint8Array) => {
    bytes += part.length;
    if (bytes <= answerBytesMax) parts.push(part);
  });
  // The session says why.
  stream.on("error", () => {});
  stream.once("end", () => {
    if (code === undefined && httpStatus !== 200) return end(failed(`HTTP ${httpStatus} where gRPC was asked for`));
    if (code !== undefined && code !== 0) return end(failed(codeWords(code, message, service)));
    end(read(concat(parts), service));
  });
  stream.end(frame(toBinary(HealthCheckRequestSchema, { $typeName: "grpc.health.v1.HealthCheckRequest", service })));
}

function frame(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(prefixBytes + message.length);
  new DataView(bytes.buffer).setUint32(1, message.length);
  bytes.set(message, prefixBytes);
  return bytes;
}

function read(bytes: Uint8Array, service: string): CheckOutcome {
  const status = statusIn(bytes);
  if (status === undefined) return failed("the answer is no HealthCheckResponse");
  const whose = service === "" ? "" : `: ${service}`;
  if (status === ServingStatus.SERVING) return { state: "passing", output: `SERVING${whose}` };
  const name = Object.entries(ServingStatus).find(([, value]) => value === status)?.[0] ?? `status ${status}`;
  return failed(`${name}${whose}`);
}

function statusIn(bytes: Uint8Array): ServingStatus | undefined {
  if (bytes.length < prefixBytes || bytes[0] !== 0) return undefined;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  if (bytes.length !== prefixBytes + length) return undefined;
  try {
    return fromBinary(HealthCheckResponseSchema, bytes.subarray(prefixBytes)).status;
  } catch {
    // Whatever speaks there, it is no health service.
    return undefined;
  }
}

function codeWords(code: number, message: string, service: string): string {
  const words = wordsOfCodes[code] ?? `gRPC status ${code}`;
  const whose = code === 5 ? ` ${JSON.stringify(service)}` : "";
  return `${words}${whose}${message === "" ? "" : ` (${message})`}`;
}

/** Percent-encoded, by whoever answers. */
function decodeMessage(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not encoded as it should be: it is shown as it came.
    return text;
  }
}

function failed(output: string): CheckOutcome {
  return { state: "critical", output };
}

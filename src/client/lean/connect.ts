/**
 * Connect's protocol for the client that browsers load: what the client's sources use of `@connectrpc/connect` and
 * `@connectrpc/connect-web`, under the same names, with the same meaning and the same bytes on the wire: unary calls and
 * server streams over `fetch`. `scripts/lean_client.ts` puts this file in those packages' place.
 */
import { concat, toText, viewOf } from "../../base/mod.ts";
import { fromBinary, type Message, type Schema, toBinary } from "./protobuf.ts";

/** The codes of the protocol, each with its number. */
export const Code = {
  Canceled: 1,
  Unknown: 2,
  InvalidArgument: 3,
  DeadlineExceeded: 4,
  NotFound: 5,
  AlreadyExists: 6,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  FailedPrecondition: 9,
  Aborted: 10,
  OutOfRange: 11,
  Unimplemented: 12,
  Internal: 13,
  Unavailable: 14,
  DataLoss: 15,
  Unauthenticated: 16,
} as const;

/** `invalid_argument` and so on, as bodies say it. */
const codes: ReadonlyMap<string, number> = new Map(
  Object.entries(Code).map(([name, code]) => [
    name.replaceAll(/\B[A-Z]/g, (letter) => `_${letter}`).toLowerCase(),
    code,
  ]),
);

/** What a response without a body of Connect's own means. */
const codesOfStatus: Readonly<Record<number, number>> = {
  ...{ 400: Code.Internal, 401: Code.Unauthenticated, 403: Code.PermissionDenied, 404: Code.Unimplemented },
  ...{ 429: Code.Unavailable, 502: Code.Unavailable, 503: Code.Unavailable, 504: Code.Unavailable },
};

/** What is told beside an error: as it came, or as a message. */
type Detail =
  | { readonly type: string; readonly value: Uint8Array }
  | { readonly desc: Schema; readonly value: Message };

/** A call that failed. */
export class ConnectError extends Error {
  override readonly name = "ConnectError";
  readonly code: number;
  readonly rawMessage: string;
  details: readonly Detail[];

  constructor(
    message: string,
    code: number = Code.Unknown,
    _metadata?: unknown,
    details: readonly Detail[] = [],
    cause?: unknown,
  ) {
    super(message, { cause });
    this.rawMessage = message;
    this.code = code;
    this.details = details;
  }

  static from(reason: unknown, code: number = Code.Unknown): ConnectError {
    if (reason instanceof ConnectError) return reason;
    if (!(reason instanceof Error)) return new ConnectError(String(reason), code, undefined, undefined, reason);
    const isAbort = reason.name === "AbortError" || reason.name === "TimeoutError";
    if (isAbort) return new ConnectError(reason.message, Code.Canceled);
    return new ConnectError(reason.message, code, undefined, undefined, reason);
  }

  /** Those of this type; what cannot be read is left out. */
  findDetails(schema: Schema): Message[] {
    return this.details.flatMap((detail) => {
      if ("desc" in detail) return detail.desc.typeName === schema.typeName ? [detail.value] : [];
      if (detail.type !== schema.typeName) return [];
      try {
        return [fromBinary(schema, detail.value)];
      } catch {
        // The error is worth more than what is told beside it.
        return [];
      }
    });
  }
}

/** How a method is called. */
export interface Method {
  readonly name: string;
  readonly localName: string;
  /** What streams, if anything. */
  readonly kind: "unary" | "server_streaming" | "other";
  readonly input: Schema;
  readonly output: Schema;
}

export interface Service {
  readonly typeName: string;
  readonly methods: readonly Method[];
}

/**
 * A service by its methods: `Name:Request:Response`, or `Name` alone where the types are `NameRequest` and `NameResponse`,
 * after `>` where responses stream and `<` where requests do.
 */
export function service(typeName: string, words: string, schemas: Readonly<Record<string, Schema>>): Service {
  const methods = words.split(" ").map((word): Method => {
    const [, mark, name = "", request, response] = /^([<>]?)(\w+)(?::(\w+):(\w+))?$/.exec(word) as RegExpExecArray;
    return {
      name,
      localName: name.charAt(0).toLowerCase() + name.slice(1),
      kind: mark === "" ? "unary" : mark === ">" ? "server_streaming" : "other",
      input: schemas[request ?? `${name}Request`] as Schema,
      output: schemas[response ?? `${name}Response`] as Schema,
    };
  });
  return { typeName, methods };
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

export interface Transport {
  unary(url: string, method: Method, request: Message, options: CallOptions): Promise<Message>;
  stream(url: string, method: Method, request: Message, options: CallOptions): AsyncIterable<Message>;
}

type Call = (request: Message, options?: CallOptions) => Promise<Message> | AsyncIterable<Message>;

/** An object with a function for each method. */
export function createClient({ typeName, methods }: Service, transport: Transport): Readonly<Record<string, Call>> {
  return Object.fromEntries(
    methods.map((method): [string, Call] => {
      const path = `/${typeName}/${method.name}`;
      return [
        method.localName,
        (request, options = {}) => {
          if (method.kind === "unary") return transport.unary(path, method, request, options);
          if (method.kind === "server_streaming") return transport.stream(path, method, request, options);
          throw new ConnectError("The fetch API does not support streaming request bodies", Code.Unimplemented);
        },
      ];
    }),
  );
}

export function createConnectTransport({ baseUrl }: { readonly baseUrl: string }): Transport {
  return {
    unary: (path, method, request, options) => unary(baseUrl + path, method, request, options),
    stream: (path, method, request, options) => stream(baseUrl + path, method, request, options),
  };
}

async function unary(url: string, method: Method, request: Message, options: CallOptions): Promise<Message> {
  const deadline = new Deadline(options);
  try {
    const response = await post(url, "application/proto", toBinary(method.input, request), deadline);
    return fromBinary(method.output, new Uint8Array(await response.arrayBuffer()));
  } catch (error) {
    throw deadline.reasonOf(error);
  } finally {
    deadline.end();
  }
}

const envelopeBytes = 5;
const compressedFlag = 1;
const endFlag = 2;

async function* stream(
  url: string,
  method: Method,
  request: Message,
  options: CallOptions,
): AsyncGenerator<Message, void> {
  const deadline = new Deadline(options);
  try {
    const body = toBinary(method.input, request);
    const head = new Uint8Array(envelopeBytes);
    viewOf(head).setUint32(1, body.length);
    const response = await post(url, "application/connect+proto", concat([head, body]), deadline);
    for await (const { flags, data } of envelopesOf(response)) {
      if ((flags & compressedFlag) !== 0) throw new ConnectError("the response is compressed", Code.Internal);
      if ((flags & endFlag) === 0) {
        yield fromBinary(method.output, data);
        continue;
      }
      const { error } = JSON.parse(toText(data)) as { error?: unknown };
      if (error !== undefined) throw errorOf(error, Code.Unknown, "the stream failed");
      return;
    }
    throw new ConnectError("protocol error: the stream ended without saying so", Code.Internal);
  } catch (error) {
    throw deadline.reasonOf(error);
  } finally {
    // Also where the caller leaves the loop: the server would stream on.
    deadline.end();
  }
}

async function* envelopesOf(response: Response): AsyncGenerator<{ readonly flags: number; readonly data: Uint8Array }> {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let parts: Uint8Array[] = [];
  let held = 0;
  for (let needed = envelopeBytes; ; ) {
    while (held < needed) {
      const { value, done } = await reader.read();
      if (done && held > 0) throw new ConnectError("protocol error: an envelope is cut off", Code.InvalidArgument);
      if (done) return;
      parts.push(value);
      held += value.length;
    }
    // Put together once for each envelope, not for each piece that came of it.
    const bytes = concat(parts);
    const length = envelopeBytes + viewOf(bytes).getUint32(1);
    if (length <= held) yield { flags: bytes[0] as number, data: bytes.subarray(envelopeBytes, length) };
    const rest = length <= held ? bytes.subarray(length) : bytes;
    needed = length <= held ? envelopeBytes : length;
    parts = rest.length > 0 ? [rest] : [];
    held = rest.length;
  }
}

async function post(
  url: string,
  contentType: string,
  body: Uint8Array,
  { signal, timeoutMs }: Deadline,
): Promise<Response> {
  const headers: Record<string, string> = { "content-type": contentType, "connect-protocol-version": "1" };
  if (timeoutMs !== undefined) headers["connect-timeout-ms"] = String(timeoutMs);
  const response = await fetch(url, { method: "POST", headers, body: body as BodyInit, signal, redirect: "error" });
  const type = response.headers.get("content-type") ?? "";
  if (response.status === 200 && type === contentType) return response;
  // The connection is free for others once the body was read.
  const text = await response.text();
  if (response.status === 200) throw new ConnectError(`unsupported content type ${type}`, Code.Internal);
  const code = codesOfStatus[response.status] ?? Code.Unknown;
  const plain = type.startsWith("text/plain") ? `HTTP ${response.status}: ${text.trim()}` : `HTTP ${response.status}`;
  throw errorOf(type.startsWith("application/json") ? parsed(text) : undefined, code, plain);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // It is not Connect's own: the status says what there is to say.
    return undefined;
  }
}

/** The error that a body tells; with this code and these words where it tells none. */
function errorOf(found: unknown, code: number, words: string): ConnectError {
  if (typeof found !== "object" || found === null) return new ConnectError(words, code);
  const { code: name, message = "", details = [] } = found as Record<string, unknown>;
  const error = new ConnectError(String(message), codes.get(String(name)) ?? code);
  if (Array.isArray(details)) error.details = details.map(({ type, value }) => ({ type, value: fromBase64(value) }));
  return error;
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** Ends a call when its time is over, or its caller's signal fires. */
class Deadline {
  readonly timeoutMs: number | undefined;
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #onAbort = (): void => this.#controller.abort(this.#outer?.reason);

  constructor({ signal, timeoutMs }: CallOptions) {
    this.timeoutMs = timeoutMs !== undefined && timeoutMs > 0 ? timeoutMs : undefined;
    this.#outer = signal;
    const late = (): void => this.#controller.abort(new ConnectError("the operation timed out", Code.DeadlineExceeded));
    if (this.timeoutMs !== undefined) this.#timer = setTimeout(late, this.timeoutMs);
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why the call failed: `fetch` does not tell what ended it. */
  reasonOf(error: unknown): ConnectError {
    const { aborted, reason } = this.signal;
    return aborted ? ConnectError.from(reason, Code.Canceled) : ConnectError.from(error);
  }

  /** Also ends what is under way. */
  end(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this.#onAbort);
    this.#controller.abort();
  }
}

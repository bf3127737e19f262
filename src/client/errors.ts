import { Code, ConnectError } from "@connectrpc/connect";
import type { WriterId } from "../base/mod.ts";
import { LatestRecordSchema, LowestAvailableSchema } from "../gen/log/v1/log_pb.ts";
import { neverConnected } from "./connection_faults.ts";
import { type Cursor, cursorToText } from "./cursor.ts";
import { type FailedCall, type Misfit, misfitOf, unreachableWords } from "./misfits.ts";

/** What went wrong, for `switch (error.code)`. */
export type ClientErrorCode =
  /** Nobody answers at the server's address, or the connection broke. */
  | "UNAVAILABLE"
  /** The server says that the request makes no sense. */
  | "INVALID_ARGUMENT"
  /** No such topic. */
  | "NOT_FOUND"
  /** The topic that is to be created is there already; or a batch is, that was sent again, where is forgotten. */
  | "ALREADY_EXISTS"
  /** There is no record at that place yet. */
  | "OUT_OF_RANGE"
  /** A limit of the server is reached, or its disk is full. */
  | "RESOURCE_EXHAUSTED"
  /** The server is in no state to do it. */
  | "FAILED_PRECONDITION"
  /** It was not done in time. */
  | "DEADLINE_EXCEEDED"
  /** The caller's own signal ended it. */
  | "ABORTED"
  /** The server does not know the method: it is older, or something else. */
  | "UNIMPLEMENTED"
  /** More sends wait than the producer holds. */
  | "QUEUE_FULL"
  /** The client, producer or consumer was closed. */
  | "CLOSED"
  /** What the server sent is damaged. */
  | "DATA_LOSS"
  /** Records are gone that come next: a `GapError`. */
  | "GAP"
  /** The latest record of the key is another one: an `ExpectedSequenceError`. */
  | "EXPECTED_SEQUENCE"
  /** Another producer with the same id and a greater epoch took over: a `ProducerFencedError`. */
  | "PRODUCER_FENCED"
  /** The server's certificate is not trusted, or not for this name. Nothing was sent. */
  | "CERTIFICATE_REFUSED"
  /** What answers at the address is no Grapevine node. */
  | "NOT_A_SERVER"
  /** A server belongs to another cluster than the first one that answered: nothing is read from it, or written to it. */
  | "DIFFERENT_CLUSTERS"
  /** A server speaks another version of the protocol. */
  | "INCOMPATIBLE_SERVER"
  /** This runtime does not have the codec that a batch is, or is to be, compressed with. */
  | "UNSUPPORTED_COMPRESSION"
  /** The server failed. */
  | "INTERNAL";

/**
 * What is known of records whose produce failed: `rejected`, surely not stored; `unsent`, never left this process;
 * `stored`, on the asked node; `unknown`, perhaps stored, perhaps not: only reading tells.
 */
export type ProduceFate = "rejected" | "unsent" | "stored" | "unknown";

/** A call that failed. */
export class ClientError extends Error {
  override readonly name: string = "ClientError";
  readonly code: ClientErrorCode;
  /** The URL of the server that was asked, when one was. */
  readonly server: string | undefined;
  /** Set on errors of producing. */
  readonly fate: ProduceFate | undefined;
  /** The batch that a consumer could not read. Consuming again from `nextOffset`, at the same node, passes it over. */
  readonly batch: { readonly topic: string; readonly offset: number; readonly nextOffset: number } | undefined;
  /** Set on `OUT_OF_RANGE` where records are gone that come next: where the asked node can go on without them. */
  readonly lowestAvailable: Cursor | undefined;

  constructor(
    code: ClientErrorCode,
    message: string,
    options: Partial<Pick<ClientError, "server" | "fate" | "batch" | "lowestAvailable" | "cause">> = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.server = options.server;
    this.fate = options.fate;
    this.batch = options.batch;
    this.lowestAvailable = options.lowestAvailable;
  }
}

/**
 * Records that come next are gone, or held by nobody who answers, and nobody hears of gaps: a consumer passes nothing over
 * in silence. Consuming again from `cursor` goes on behind them.
 */
export class GapError extends ClientError {
  override readonly name = "GapError";
  /** The writer whose records they are, and the sequences that are gone. */
  readonly gap: { readonly writer: WriterId; readonly from: number; readonly to: number };
  /** Behind them; undefined where the server does not say where it stands. */
  readonly cursor: Cursor | undefined;

  constructor(
    { topic, ...gap }: GapError["gap"] & { readonly topic: string },
    about: { readonly server: string; readonly cursor: Cursor | undefined },
  ) {
    const records = `records ${gap.from} to ${gap.to} of writer ${gap.writer}`;
    const fix = "pass over them with onGap, or consume again from the error's cursor";
    super("GAP", `Cannot consume topic ${JSON.stringify(topic)} without a gap: ${records} are gone; ${fix}`, about);
    this.gap = gap;
    this.cursor = about.cursor;
  }
}

/**
 * A stream that a browser does not even begin: most often it has no connection left for it. The call is tried again, at
 * other servers too, as when a server is not reachable.
 */
export class StreamBlockedError extends ClientError {
  override readonly name = "StreamBlockedError";

  constructor(server: string, waitedMs: number) {
    const limit = "a browser keeps six connections to a host over HTTP/1.1, for all of its tabs together";
    const fix = "serve it by HTTP/2 (https), leave shareTabs on, use one client a page, or close other tabs of it";
    const message = `Cannot open a stream to ${server}: nothing came within ${waitedMs / 1000} s. Either it hangs, or other streams take up all connections: ${limit}. To mend that, ${fix}`;
    super("UNAVAILABLE", message, { server });
  }
}

/** Another producer has this one's id and a greater epoch: this one's batches are refused from now on, for good. */
export class ProducerFencedError extends ClientError {
  override readonly name = "ProducerFencedError";

  constructor(cause: ClientError, fate: ProduceFate = "rejected") {
    super("PRODUCER_FENCED", cause.message, { server: cause.server, fate, cause });
  }
}

/**
 * The latest record of the key is another one than the caller expected. Its `fate` is `unknown` where an earlier attempt
 * got no answer: then that may be stored.
 */
export class ExpectedSequenceError extends ClientError {
  override readonly name = "ExpectedSequenceError";
  /** The latest record with the key on the asked node; undefined when there is none. */
  readonly latest: { readonly writer: WriterId; readonly sequence: number } | undefined;

  constructor(
    message: string,
    latest: ExpectedSequenceError["latest"],
    about: { readonly server: string | undefined; readonly cause: unknown; readonly fate?: ProduceFate },
  ) {
    super("EXPECTED_SEQUENCE", message, { fate: "rejected", ...about });
    this.latest = latest;
  }

  /** The same with another fate. */
  with(fate: ProduceFate): ExpectedSequenceError {
    return new ExpectedSequenceError(this.message, this.latest, { server: this.server, cause: this, fate });
  }
}

/** A record that no node would take. Nothing was sent. */
export class RecordTooLargeError extends RangeError {
  override readonly name = "RecordTooLargeError";
  readonly code = "RECORD_TOO_LARGE";
  readonly recordBytes: number;
  readonly allowedBytes: number;

  constructor(recordBytes: number, allowedBytes: number) {
    super(`Cannot produce record: it has ${recordBytes} bytes encoded, allowed are ${allowedBytes}`);
    this.recordBytes = recordBytes;
    this.allowedBytes = allowedBytes;
  }
}

/** Who holds records durably, and who of the nodes that are known does not. */
export interface CopiesSoFar {
  readonly holders: readonly string[];
  readonly lacking: readonly string[];
}

/**
 * Fewer nodes than were asked for hold a record in time. It is stored on the asked node all the same, and others still
 * fetch it: producing it again would make two of it. To wait on, consume on other nodes with `after: token`.
 */
export class NotReplicatedError extends Error {
  override readonly name = "NotReplicatedError";
  readonly code = "NOT_REPLICATED";
  readonly fate: ProduceFate = "stored";
  /** Nodes that were asked for. */
  readonly asked: number;
  readonly holders: readonly string[];
  readonly lacking: readonly string[];
  /** Where the record stands on the asked node, and in its writer's feed. */
  readonly offset: number;
  readonly writer: WriterId;
  readonly sequence: number;
  readonly token: string;

  constructor(
    place: { readonly offset: number; readonly writer: WriterId; readonly sequence: number; readonly token: string },
    asked: number,
    { holders, lacking }: CopiesSoFar,
  ) {
    const others = lacking.length > 0 ? `${lacking.join(", ")} not` : "no other node that is to hold it is known";
    const known = `${holders.join(", ") || "none"} hold it durably so far, ${others}`;
    super(`Cannot acknowledge offset ${place.offset} by ${asked} nodes: ${known}; it is stored`);
    this.asked = asked;
    this.holders = holders;
    this.lacking = lacking;
    this.offset = place.offset;
    this.writer = place.writer;
    this.sequence = place.sequence;
    this.token = place.token;
  }
}

/** What a failed call throws, as a `ClientError`. `doing` completes "Cannot …". */
export function toClientError(
  error: unknown,
  about: { doing: string; server: string; signal?: AbortSignal | undefined; fate?: ProduceFate | undefined },
): ClientError {
  if (error instanceof ClientError) return error;
  const failure = ConnectError.from(error);
  const [latest] = failure.findDetails(LatestRecordSchema);
  if (latest !== undefined) {
    const { writer, sequence } = latest;
    const found = sequence === 0n ? undefined : { writer, sequence: Number(sequence) };
    return new ExpectedSequenceError(failure.rawMessage, found, { server: about.server, cause: error });
  }
  const [lowest] = failure.findDetails(LowestAvailableSchema);
  const lowestAvailable = lowest && cursorToText(lowest.cursor);
  const options = { server: about.server, fate: about.fate, lowestAvailable, cause: error };
  if (about.signal?.aborted) {
    return new ClientError("ABORTED", `Cannot ${about.doing}: the caller's signal ended it`, options);
  }
  const misfit = misfitOf(failure, about) ?? unknownCall(failure, about);
  if (misfit !== undefined) return new ClientError(misfit.code, misfit.message, { ...options, ...misfit.about });
  const code = fetchFailed(failure) ? "UNAVAILABLE" : codeOf(failure.code);
  // Servers say "Cannot …" themselves, of a full disk for instance; anything else needs to hear what was tried.
  const says = failure.rawMessage;
  if (says.startsWith("Cannot ")) return new ClientError(code, says, options);
  if (code !== "UNAVAILABLE") return new ClientError(code, `Cannot ${about.doing}: ${says}`, options);
  const unreachable = unreachableWords(failure, about);
  if (unreachable !== undefined) {
    return new ClientError(code, unreachable, { ...options, fate: about.fate && "unsent" });
  }
  const message = `Cannot ${about.doing}: the connection to ${about.server} broke (${failure.rawMessage})`;
  return new ClientError(code, message + originHint(about.server, failure), options);
}

function unknownCall(failure: ConnectError, { doing, server }: FailedCall): Misfit | undefined {
  if (failure.code !== Code.Unimplemented || failure.rawMessage !== "HTTP 404") return undefined;
  const message = `Cannot ${doing}: ${server} does not know this call (HTTP 404): it is an older node, or none`;
  return { code: "UNIMPLEMENTED", message };
}

/** A browser hides from a page why its request to another origin failed, for instance that it is not allowed. */
function originHint(server: string, { cause }: ConnectError): string {
  const { location } = globalThis as { readonly location?: { readonly origin?: string } };
  const page = location?.origin;
  if (page === undefined || !(cause instanceof TypeError) || new URL(server).origin === page) return "";
  return `. A browser does not tell a page more of another origin: if the server runs, it may not allow this one; it would with --cors-origin ${page}`;
}

/** Without a code of Connect's own, each `fetch` says in words of its own that there is no connection. */
function fetchFailed(failure: ConnectError): boolean {
  if (failure.code !== Code.Unknown && failure.code !== Code.Internal) return false;
  const words =
    failure.cause instanceof TypeError ? /fetch|network|load failed/i : /ECONNRESET|EPIPE|socket connection was/i;
  return words.test(failure.rawMessage) || neverConnected(failure);
}

/** A server that dies surfaces as Canceled, Aborted or Unavailable, depending on protocol and runtime. */
function codeOf(code: Code): ClientErrorCode {
  switch (code) {
    case Code.Unavailable:
    case Code.Canceled:
    case Code.Aborted:
      return "UNAVAILABLE";
    case Code.InvalidArgument:
      return "INVALID_ARGUMENT";
    case Code.NotFound:
      return "NOT_FOUND";
    case Code.AlreadyExists:
      return "ALREADY_EXISTS";
    case Code.OutOfRange:
      return "OUT_OF_RANGE";
    case Code.ResourceExhausted:
      return "RESOURCE_EXHAUSTED";
    case Code.FailedPrecondition:
      return "FAILED_PRECONDITION";
    case Code.DeadlineExceeded:
      return "DEADLINE_EXCEEDED";
    case Code.Unimplemented:
      return "UNIMPLEMENTED";
    case Code.DataLoss:
      return "DATA_LOSS";
    case Code.Unknown:
    case Code.Internal:
    case Code.PermissionDenied:
    case Code.Unauthenticated:
      return "INTERNAL";
    default:
      code satisfies never;
      return "INTERNAL";
  }
}

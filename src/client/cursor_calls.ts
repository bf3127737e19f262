/** What a client asks about named cursors. */
import { decodeCursor, encodeCursor, mergeVectors } from "../base/mod.ts";
import type { ResetCursorRequest, SavedCursor as SavedCursorMessage } from "../gen/log/v1/log_pb.ts";
import type { ConsumeFrom } from "./client_options.ts";
import type { ServerConnection } from "./connections.ts";
import { type Cursor, cursorToBytes, cursorToText } from "./cursor.ts";
import { ClientError } from "./errors.ts";
import { ask, askOne, type CallOptions, type OneCall, type Question } from "./questions.ts";
import type { Servers } from "./servers.ts";

/** How far the consumers of a name have read. */
export interface SavedCursor {
  readonly name: string;
  /** Valid on every node, as any cursor. */
  readonly cursor: Cursor;
  /** How often it was set anew or deleted. */
  readonly resets: number;
  /** When it was saved last, milliseconds since 1970-01-01 UTC. */
  readonly savedAtMs: number;
  /** Records that the asked node holds and the consumers have not read. */
  readonly lag: number;
}

/** What a save or a reset gives: asking with `after: token` waits until the node knows no less. */
export interface CursorAck extends SavedCursor {
  readonly token: string;
}

/** What consumers of a name begin with. */
export interface CursorStart {
  /** Undefined when nothing is saved. */
  readonly saved: SavedCursor | undefined;
  /** For what is saved by whoever begins with it. */
  readonly resets: number;
}

/** So many servers are asked what is saved: one that is behind must not make anybody read twice. */
const serversAskedMax = 5;
/** How long one of several is waited for, in milliseconds. */
const oneOfSeveralMs = 2_000;

export class CursorCalls {
  readonly #servers: Servers;
  readonly #timeoutMs: number;

  constructor(servers: Servers, timeoutMs: number) {
    this.#servers = servers;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * What is saved under a name, undefined for nothing. Of several servers up to five are asked, and what those know who
   * answer within two seconds is put together. `after` is a token of a save: one server that knows it is enough then.
   */
  async get(
    topic: string,
    name: string,
    options: CallOptions & { readonly after?: string | undefined } = {},
  ): Promise<SavedCursor | undefined> {
    return (await this.start(topic, name, options)).saved;
  }

  /** The same with what saves from there on have to say. */
  async start(
    topic: string,
    name: string,
    options: CallOptions & { readonly after?: string | undefined } = {},
  ): Promise<CursorStart> {
    const afterToken = options.after === undefined ? undefined : tokenBytes(options.after);
    const { current } = this.#servers;
    const asked = [...new Set([current, ...this.#servers.after(current)])].slice(0, serversAskedMax);
    const several = asked.length > 1 && afterToken === undefined;
    const { timeoutMs: allMs = this.#timeoutMs, signal } = options;
    const timeoutMs = several ? Math.min(oneOfSeveralMs, allMs) : allMs;
    const call = { timeoutMs, ...(signal !== undefined && { signal }) };
    const answers = asked.map(async (connection): Promise<CursorStart> => {
      try {
        const request = { topic, name, ...(afterToken !== undefined && { afterToken }) };
        const { saved, resets } = await connection.log.getCursor(request, call);
        return { saved: saved && toSavedCursor(saved), resets };
      } catch (error) {
        const failure = this.#servers.failure(error, connection, { doing: `get ${wordsOf(topic, name)}`, signal });
        // Whoever does not know the topic knows nothing of its cursors.
        if (failure.code === "NOT_FOUND") return { saved: undefined, resets: 0 };
        throw failure;
      }
    });
    if (afterToken !== undefined) return firstOf(answers);
    const settled = await Promise.allSettled(answers);
    const known = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    const [first] = known;
    if (first === undefined) throw (settled[0] as PromiseRejectedResult).reason;
    return known.reduce(joinStarts, first);
  }

  /** The cursors of a topic, sorted by name; those of groups' slots only when asked for. */
  async list(
    topic: string,
    { slots = false, ...options }: CallOptions & { readonly slots?: boolean } = {},
  ): Promise<SavedCursor[]> {
    const doing = `list cursors of topic ${JSON.stringify(topic)}`;
    return ask(this.#servers, this.#question(doing, options), async ({ log }, call) => {
      return (await log.listCursors({ topic, slots }, call)).cursors.map(toSavedCursor);
    });
  }

  /**
   * Adds a cursor to what is saved under a name: of each writer the greatest sequence holds. `resets` is what the consumer
   * began with; `FAILED_PRECONDITION` when the cursor was set anew or deleted since.
   */
  async save(
    topic: string,
    name: string,
    cursor: Cursor,
    resets: number,
    options: CallOptions = {},
  ): Promise<CursorAck> {
    const request = { topic, name, cursor: cursorBytes(cursor), resets };
    // It may be done twice.
    return ask(this.#servers, this.#question(`save ${wordsOf(topic, name)}`, options), async ({ log }, call) => {
      const { saved, token } = await log.saveCursor(request, call);
      return toAck(saved, token);
    });
  }

  /** Sets a cursor anew, also to an earlier place, as the asked node holds the topic. Consumers of it fail and begin again. */
  async reset(topic: string, name: string, to: ConsumeFrom, options: CallOptions = {}): Promise<CursorAck> {
    const request = { topic, name, to: resetTo(to) };
    return this.#change(`reset ${wordsOf(topic, name)}`, options, async ({ log }, call) => {
      const { saved, token } = await log.resetCursor(request, call);
      return toAck(saved, token);
    });
  }

  /** Forgets a cursor: who consumes under the name begins anew. Fails with `NOT_FOUND` when there is none. */
  delete(topic: string, name: string, options: CallOptions = {}): Promise<{ readonly token: string }> {
    return this.#change(`delete ${wordsOf(topic, name)}`, options, async ({ log }, call) => {
      const { token } = await log.deleteCursor({ topic, name }, call);
      return { token: cursorToText(token) };
    });
  }

  #question(doing: string, { timeoutMs = this.#timeoutMs, signal }: CallOptions): Question {
    return { doing, timeoutMs, signal };
  }

  /** One server is asked, once. */
  #change<Answer>(
    doing: string,
    options: CallOptions,
    call: (connection: ServerConnection, options: OneCall) => Promise<Answer>,
  ): Promise<Answer> {
    return askOne(this.#servers, this.#servers.current, this.#question(doing, options), call);
  }
}

/** The first that succeeds; when none does, the failure of the first. */
async function firstOf<Answer>(answers: readonly Promise<Answer>[]): Promise<Answer> {
  try {
    return await Promise.any(answers);
  } catch {
    return answers[0] as Promise<Answer>;
  }
}

/** What two nodes know together, as they themselves will put it together once they meet. */
function joinStarts(left: CursorStart, right: CursorStart): CursorStart {
  const [ofLeft, ofRight] = [placeOf(left), placeOf(right)];
  if (ofLeft !== undefined && ofRight !== undefined && ofLeft.generation !== ofRight.generation) {
    return ofLeft.generation > ofRight.generation ? left : right;
  }
  if (left.resets !== right.resets) return left.resets > right.resets ? left : right;
  if (ofLeft === undefined || ofRight === undefined) return ofLeft === undefined ? right : left;
  const later = (left.saved?.savedAtMs ?? 0) > (right.saved?.savedAtMs ?? 0) ? left : right;
  const cursor = cursorToText(encodeCursor({ ...ofLeft, vector: mergeVectors(ofLeft.vector, ofRight.vector) }));
  const lag = Math.min(left.saved?.lag ?? 0, right.saved?.lag ?? 0);
  return { resets: left.resets, saved: { ...(later.saved as SavedCursor), cursor, lag } };
}

function placeOf({ saved }: CursorStart): ReturnType<typeof decodeCursor> {
  return saved && decodeCursor(cursorToBytes(saved.cursor) ?? new Uint8Array(0));
}

function wordsOf(topic: string, name: string): string {
  return `cursor ${JSON.stringify(name)} of topic ${JSON.stringify(topic)}`;
}

function toSavedCursor(message: SavedCursorMessage): SavedCursor {
  const { name, cursor, resets, savedAtMs, lag } = message;
  return { name, cursor: cursorToText(cursor), resets, savedAtMs: Number(savedAtMs), lag: Number(lag) };
}

function toAck(saved: SavedCursorMessage | undefined, token: Uint8Array): CursorAck {
  if (saved === undefined)
    throw new ClientError("INTERNAL", "Cannot keep cursor: the server did not say what is saved");
  return { ...toSavedCursor(saved), token: cursorToText(token) };
}

/** A place as requests say it. */
export function resetTo(to: ConsumeFrom): ResetCursorRequest["to"] {
  if (to === "earliest" || to === "latest") return { case: to, value: true };
  if (to instanceof Date) {
    const timestampMs = to.getTime();
    if (!(timestampMs >= 0)) throw badReset("the time is not a valid one from 1970 on");
    return { case: "timestampMs", value: BigInt(timestampMs) };
  }
  if (typeof to !== "number") return { case: "cursor", value: cursorBytes(to) };
  if (!Number.isSafeInteger(to) || to < 0) throw badReset(`offset ${to} is not a whole number from 0 on`);
  return { case: "offset", value: BigInt(to) };
}

function badReset(reason: string): ClientError {
  return new ClientError("INVALID_ARGUMENT", `Cannot reset cursor: ${reason}`);
}

function cursorBytes(text: Cursor): Uint8Array<ArrayBuffer> {
  const bytes = cursorToBytes(text);
  if (bytes !== undefined) return bytes as Uint8Array<ArrayBuffer>;
  throw new ClientError(
    "INVALID_ARGUMENT",
    `Cannot use cursor ${JSON.stringify(text)}: allowed is what a consumer or a saved cursor said`,
  );
}

function tokenBytes(text: string): Uint8Array<ArrayBuffer> {
  const bytes = cursorToBytes(text);
  if (bytes !== undefined) return bytes as Uint8Array<ArrayBuffer>;
  throw new ClientError(
    "INVALID_ARGUMENT",
    `Cannot get cursor after ${JSON.stringify(text)}: allowed is the token of an ack`,
  );
}

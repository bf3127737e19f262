/** Programs that are run when something happens in the cluster, told of it as Serf tells its own. */
import { concat, toBytes, toText } from "../base/mod.ts";
import { systemClock } from "../io/clock.ts";
import { type ProgramResult, runProgram } from "../io/run_program.ts";
import {
  type CoalescePeriods,
  type Member,
  type MemberBatch,
  parseEventFilters,
  type UserEventNotice,
} from "../membership/mod.ts";
import { coalescePeriodsDefault, onMemberBatch } from "./member_batches.ts";
import type { MembershipNode } from "./membership_node.ts";
import type { IncomingQuery } from "./messaging.ts";

/** Events that wait for one handler: those that come when so many wait are dropped. */
const eventsWaitingMax = 1_024;

/** Members that one run is told of, a line each, unless more come at once. */
const membersPerRunMax = 4_096;

/** Bytes of a program's output that are kept: the last ones, as Serf does. */
const outputBytesMax = 8_192;

/** A handler that runs for longer is told of. */
const slowMs = 1_000;

/** Events that are dropped are told of at most this often. */
const dropWarningEveryMs = 10_000;

/** A text that is no event handler. `handler` is the text, `problem` says what is wrong. */
export class InvalidEventHandlerError extends TypeError {
  override readonly name = "InvalidEventHandlerError";
  readonly code = "INVALID_EVENT_HANDLER";
  readonly handler: string;
  readonly problem: string;

  constructor(handler: string, problem: string) {
    super(`Cannot use event handler ${JSON.stringify(handler)}: ${problem}`);
    this.handler = handler;
    this.problem = problem;
  }
}

/** Which events are handled, and by what. */
export interface EventHandlerSpec {
  readonly text: string;
  /** As they stand in the text; `*` when none do. */
  readonly filters: readonly string[];
  readonly command: string;
  readonly wants: (event: { readonly type: string; readonly name?: string | undefined }) => boolean;
  readonly words: readonly [string, ...string[]];
}

/**
 * Parses `[FILTER[,FILTER...]=]COMMAND`. Without filters all events are handled; a command with `=` in it needs one, `*`
 * say. The command is split into words here, once: quotes keep spaces, and nothing else in it is special. Throws
 * `InvalidEventHandlerError`.
 */
export function parseEventHandler(text: string): EventHandlerSpec {
  const equals = text.indexOf("=");
  const filters = equals < 0 ? "*" : text.slice(0, equals);
  const wants = filters === "" ? undefined : parseEventFilters(filters);
  if (wants === undefined) {
    const allowed =
      "member-join, member-leave, member-failed, member-update, member-reap, user, user:NAME, query, query:NAME and *";
    throw new InvalidEventHandlerError(text, `${JSON.stringify(filters)} is no list of filters, which are ${allowed}`);
  }
  const command = text.slice(equals + 1);
  const [file, ...flags] = splitWords(text, command);
  if (file === undefined) throw new InvalidEventHandlerError(text, "it names no program");
  return { text, filters: filters.split(","), command: command.trim(), wants, words: [file, ...flags] };
}

/** Quotes as in a shell: single ones keep everything, double ones all but `\"` and `\\`. */
function splitWords(handler: string, command: string): string[] {
  const words: string[] = [];
  const word = /(?:[^\s"'\\]|\\[\s\S]|'[^']*'|"(?:[^"\\]|\\[\s\S])*")+/y;
  const space = /\s*/y;
  for (let at = 0; ; ) {
    space.lastIndex = at;
    space.exec(command);
    if (space.lastIndex >= command.length) return words;
    word.lastIndex = space.lastIndex;
    const match = word.exec(command);
    const isWhole = match !== null && (word.lastIndex === command.length || /\s/.test(command[word.lastIndex] ?? ""));
    if (!isWhole) throw new InvalidEventHandlerError(handler, "a quote in it has no end");
    words.push(unquote(match[0]));
    at = word.lastIndex;
  }
}

function unquote(word: string): string {
  return word.replaceAll(/\\([\s\S])|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"/g, (_, escaped, single, double) =>
    escaped !== undefined ? escaped : single !== undefined ? single : double.replaceAll(/\\(["\\])/g, "$1"),
  );
}

/** Something that a handler may be told of. */
type Happening =
  | { readonly type: "user"; readonly name: string; readonly event: UserEventNotice }
  | { readonly type: "query"; readonly name: string; readonly query: IncomingQuery }
  | (MemberBatch & { readonly name?: undefined });

/** What happened to the handlers so far. All only grow. */
export interface EventHandlerCounters {
  readonly runs: number;
  readonly failures: number;
  readonly dropped: number;
}

export interface EventHandlersOptions {
  readonly handlers: readonly EventHandlerSpec[];
  readonly node: MembershipNode;
  /** How long changes of members are held back, so that one run is told of many. @default 3 s, or a quiet second */
  readonly coalesce?: CoalescePeriods | undefined;
  /** Hears of handlers that fail, are slow, or cannot keep up. */
  readonly onWarn: (message: string) => void;
}

/** Runs the handlers of a node, each one event at a time, until it is disposed of. */
export class EventHandlers implements AsyncDisposable {
  #handlers: readonly Handler[];
  readonly #retired = new Set<Handler>();
  readonly #parts: HandlerParts;
  readonly #removals: (() => void)[];
  readonly #abort = new AbortController();
  readonly #retiredCounters = { runs: 0, failures: 0, dropped: 0 };

  constructor({ handlers, node, coalesce = coalescePeriodsDefault, onWarn }: EventHandlersOptions) {
    this.#parts = { node, onWarn, signal: this.#abort.signal };
    this.#handlers = handlers.map((spec) => new Handler(spec, this.#parts));
    this.#removals = [
      onMemberBatch(node, (batch) => this.#tell(batch), coalesce),
      node.on("user-event", (event) => this.#tell({ type: "user", name: event.name, event })),
      node.on("query", (query) => this.#tell({ type: "query", name: query.name, query })),
    ];
  }

  get counters(): EventHandlerCounters {
    const all = [...this.#handlers, ...this.#retired];
    const sum = (name: keyof EventHandlerCounters): number =>
      all.reduce((total, handler) => total + handler.counters[name], this.#retiredCounters[name]);
    return { runs: sum("runs"), failures: sum("failures"), dropped: sum("dropped") };
  }

  /** Which events are handled, and by what, for those who ask. */
  get specs(): readonly EventHandlerSpec[] {
    return this.#handlers.map(({ spec }) => spec);
  }

  /** Other handlers from now on. Those that stay as they were go on; of the others, what waits is still done. */
  replace(specs: readonly EventHandlerSpec[]): void {
    const before = [...this.#handlers];
    this.#handlers = specs.map((spec) => {
      const at = before.findIndex((handler) => handler.spec.text === spec.text);
      return at < 0 ? new Handler(spec, this.#parts) : (before.splice(at, 1)[0] as Handler);
    });
    for (const handler of before) this.#retire(handler);
  }

  #retire(handler: Handler): void {
    this.#retired.add(handler);
    void handler.finished.then(() => {
      this.#retired.delete(handler);
      for (const name of ["runs", "failures", "dropped"] as const) {
        this.#retiredCounters[name] += handler.counters[name];
      }
    });
  }

  /** Ends what runs, and forgets what waits. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const remove of this.#removals) remove();
    this.#abort.abort();
    await Promise.all([...this.#handlers, ...this.#retired].map((handler) => handler.finished));
  }

  #tell(happening: Happening): void {
    for (const handler of this.#handlers) handler.take(happening);
  }
}

interface HandlerParts {
  readonly node: MembershipNode;
  readonly onWarn: (message: string) => void;
  readonly signal: AbortSignal;
}

class Handler {
  readonly counters = { runs: 0, failures: 0, dropped: 0 };
  /** Resolves when nothing runs and nothing waits. */
  finished: Promise<void> = Promise.resolve();
  readonly spec: EventHandlerSpec;
  readonly #parts: HandlerParts;
  readonly #waiting: Happening[] = [];
  #isRunning = false;
  #dropWarnedAtMs = Number.NEGATIVE_INFINITY;

  constructor(spec: EventHandlerSpec, parts: HandlerParts) {
    this.spec = spec;
    this.#parts = parts;
  }

  take(happening: Happening): void {
    if (!this.spec.wants(happening)) return;
    if (this.#waiting.length >= eventsWaitingMax) {
      this.counters.dropped++;
      this.#warnOfDrop();
      return;
    }
    this.#waiting.push(happening);
    if (!this.#isRunning) this.finished = this.#runAll();
  }

  async #runAll(): Promise<void> {
    this.#isRunning = true;
    for (let next = this.#next(); next !== undefined && !this.#parts.signal.aborted; next = this.#next()) {
      await this.#run(next);
    }
    this.#isRunning = false;
  }

  /** The oldest that waits, and with changes of members those of their kind that wait right behind them. */
  #next(): [Happening, ...Happening[]] | undefined {
    const first = this.#waiting.shift();
    if (first === undefined) return undefined;
    let more = 0;
    if ("members" in first) {
      for (let count = first.members.length; ; more++) {
        const next = this.#waiting[more];
        if (next === undefined || !("members" in next) || next.type !== first.type) break;
        count += next.members.length;
        if (count > membersPerRunMax) break;
      }
    }
    return [first, ...this.#waiting.splice(0, more)];
  }

  async #run(happenings: [Happening, ...Happening[]]): Promise<void> {
    const { node, onWarn, signal } = this.#parts;
    const cancelWarning = systemClock.schedule(systemClock.nowMs() + slowMs, () => {
      onWarn(`Event handler ${this.#name} is slow: it runs for more than ${slowMs} ms`);
    });
    this.counters.runs++;
    const environment = environmentOf(happenings[0], node);
    const input = inputOf(happenings);
    const result = await runProgram({ words: this.spec.words, environment, input, outputBytesMax, signal });
    cancelWarning();
    if (!signal.aborted) this.#judge(happenings[0], result);
  }

  #judge(happening: Happening, result: ProgramResult): void {
    const problem = problemOf(result);
    if (problem !== undefined) {
      this.counters.failures++;
      this.#parts.onWarn(`Event handler ${this.#name} failed: ${problem}`);
    } else if (happening.type === "query" && result.type === "exited" && result.output.length > 0) {
      this.#respond(happening.query, result.output);
    }
  }

  #respond(query: IncomingQuery, output: Uint8Array): void {
    try {
      query.respond(output);
    } catch (error) {
      // Too late, or too long: the asker hears nothing, so the operator should.
      this.counters.failures++;
      this.#parts.onWarn(`Event handler ${this.#name} failed: ${(error as Error).message}`);
    }
  }

  get #name(): string {
    return JSON.stringify(this.spec.text);
  }

  #warnOfDrop(): void {
    const nowMs = systemClock.nowMs();
    if (nowMs - this.#dropWarnedAtMs < dropWarningEveryMs) return;
    this.#dropWarnedAtMs = nowMs;
    const { dropped } = this.counters;
    this.#parts.onWarn(
      `Event handler ${this.#name} cannot keep up: ${eventsWaitingMax} events wait, ${dropped} were dropped`,
    );
  }
}

function problemOf(result: ProgramResult): string | undefined {
  if (result.type === "not-started") return result.reason;
  if (result.type === "killed") return `it was ended by ${result.by}`;
  if (result.code === 0) return undefined;
  const said = toText(result.output).trim();
  return `it exited with ${result.code}${said === "" ? "" : ` and said ${JSON.stringify(said)}`}`;
}

/** Names and values come from the network in part: no system takes a zero in them. */
function environmentOf(happening: Happening, node: MembershipNode): Record<string, string> {
  const tags = node.member(node.localName)?.tags ?? new Map<string, string>();
  const environment: Record<string, string> = {
    SERF_EVENT: happening.type,
    SERF_SELF_NAME: node.localName,
    SERF_SELF_ROLE: tags.get("role") ?? "",
  };
  for (const [tag, value] of tags) {
    environment[`SERF_TAG_${tag.toUpperCase().replaceAll(/[^A-Z0-9_]/g, "_")}`] = value;
  }
  if (happening.type === "user") {
    environment["SERF_USER_EVENT"] = happening.name;
    environment["SERF_USER_LTIME"] = String(happening.event.lamport);
  } else if (happening.type === "query") {
    environment["SERF_QUERY_NAME"] = happening.name;
    environment["SERF_QUERY_LTIME"] = String(happening.query.lamport);
  }
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, value.replaceAll("\0", "")]));
}

/** A line for each member, or the payload, which ends with a line end. */
function inputOf(happenings: readonly Happening[]): Uint8Array {
  return concat(
    happenings.map((happening) => {
      if (happening.type === "user") return withLineEnd(happening.event.payload);
      if (happening.type === "query") return withLineEnd(happening.query.payload);
      return toBytes(happening.members.map(lineOf).join(""));
    }),
  );
}

function lineOf({ name, address, tags }: Member): string {
  const pairs = [...tags].map(([tag, value]) => `${tag}=${value}`).join(",");
  return `${onOneLine(name)}\t${address.host}\t${onOneLine(tags.get("role") ?? "")}\t${onOneLine(pairs)}\n`;
}

function onOneLine(text: string): string {
  return text.replaceAll("\t", "\\t").replaceAll("\n", "\\n");
}

function withLineEnd(payload: Uint8Array): Uint8Array {
  return payload.length === 0 || payload.at(-1) === 10 ? payload : concat([payload, Uint8Array.of(10)]);
}

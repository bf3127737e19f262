/** One connection of Serf's agent RPC: who it is, what it asked, and what it is still being told. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { SerfRpcConnection, SerfRpcHandler } from "../io/serf_rpc_sockets.ts";
import {
  type AgentQueryRequest,
  type AgentRequest,
  AgentRequestReader,
  agentRpcError,
  agentRpcVersion,
  emptyBody,
  encodeReply,
  internalQuery,
  memberEventRecord,
  parseEventFilters,
  queryNoticeRecord,
  queryRecord,
  type ReplyBody,
  userEventRecord,
} from "../membership/mod.ts";
import { type LogLines, type SerfLogLevel, serfLogLevels } from "./log_lines.ts";
import type { MembershipNode } from "./membership_node.ts";
import type { IncomingQuery } from "./messaging.ts";
import type { QueryRun } from "./query_run.ts";
import type { Outcome, SerfRpcCommands } from "./serf_rpc_commands.ts";

/** How long a client may take to shake hands, and to send the rest of a request that it began. */
const unfinishedMsMax = 10_000;

/** How long a client that is told nothing may keep its connection without asking anything. */
const idleMsMax = 3_600_000;

/** Wrong tokens after which a client is disconnected. */
const authAttemptsMax = 3;

/** Streams, monitors and queries that one connection has at the same time. */
const liveMax = 64;

/** Queries that one connection was told of and may still answer. */
const answerableMax = 256;

/**
 * How long the end of a query is held back after its last answer. Some clients lose an answer when they read it together
 * with the end.
 */
const doneDelayMs = 50;

/** What all connections share. */
export interface SessionParts {
  readonly node: MembershipNode;
  readonly commands: SerfRpcCommands;
  readonly log: LogLines;
  readonly auth: string | undefined;
  /** Stops the node after it has left. */
  readonly stop: () => Promise<void>;
}

export class SerfRpcSession implements SerfRpcHandler {
  readonly #parts: SessionParts;
  readonly #connection: SerfRpcConnection;
  readonly #reader: AgentRequestReader = new AgentRequestReader();
  /** What goes on after its answer, by the number of its request. Each entry ends it. */
  readonly #live = new Map<number, () => void>();
  readonly #answerable = new Map<number, IncomingQuery>();
  #queryIdLast = 0;
  #monitorSeq: number | undefined;
  #isGreeted = false;
  #isAuthorized: boolean;
  #authAttempts = 0;
  #isServing = false;
  /** Whether the time for shaking hands, or for the rest of a request, runs. */
  #isHurried = true;
  #isClosed = false;

  constructor(parts: SessionParts, connection: SerfRpcConnection) {
    this.#parts = parts;
    this.#connection = connection;
    this.#isAuthorized = parts.auth === undefined;
    connection.allowSilence(unfinishedMsMax);
    parts.log.add("DEBUG", `agent.ipc: Accepted client: ${connection.from}`);
  }

  bytes(bytes: Uint8Array): void {
    this.#reader.push(bytes);
    if (!this.#isServing) void this.#serve();
  }

  closed(): void {
    this.#isClosed = true;
    for (const end of this.#live.values()) end();
    this.#live.clear();
    this.#answerable.clear();
  }

  /** Serves what has arrived, one request after the other: answers come in the order of their questions. */
  async #serve(): Promise<void> {
    this.#isServing = true;
    this.#connection.pause();
    while (!this.#isClosed) {
      const scan = this.#reader.next();
      if (scan.type === "more") break;
      if (scan.type === "request") await this.#answer(scan.seq, scan.request);
      else if (scan.type === "unsupported") {
        const error = this.#isGreeted ? agentRpcError.unsupportedCommand : agentRpcError.handshakeRequired;
        this.#disconnect(scan.seq, error);
      } else this.#disconnect(undefined, scan.reason);
    }
    this.#isServing = false;
    this.#limitSilence();
    this.#connection.resume();
  }

  #limitSilence(): void {
    if (this.#isClosed) return;
    const wasHurried = this.#isHurried;
    this.#isHurried = !this.#isGreeted || !this.#isAuthorized || this.#reader.isAmidRequest;
    if (!this.#isHurried) {
      this.#connection.allowSilence(this.#live.size > 0 ? Number.POSITIVE_INFINITY : idleMsMax);
    } else if (!wasHurried) this.#connection.allowSilence(unfinishedMsMax);
    // Else the time runs on: a few bytes now and then do not prolong it.
  }

  /** Tells the client why, if there is a request to answer, and ends the connection. */
  #disconnect(seq: number | undefined, error: string): void {
    this.#parts.log.add("WARN", `agent.ipc: Disconnecting client ${this.#connection.from}: ${error}`);
    if (seq !== undefined) this.#reply(seq, { error });
    this.#connection.close();
    this.closed();
  }

  #reply(seq: number, { error = "", body }: Outcome): void {
    if (!this.#isClosed) this.#connection.write(encodeReply(seq, error, body));
  }

  async #answer(seq: number, request: AgentRequest): Promise<void> {
    if (!this.#isGreeted && request.command !== "handshake") {
      this.#disconnect(seq, agentRpcError.handshakeRequired);
      return;
    }
    if (!this.#isAuthorized && request.command !== "handshake" && request.command !== "auth") {
      // Without a body: that is how clients tell this error from those of the command.
      this.#reply(seq, { error: agentRpcError.authRequired });
      return;
    }
    if (this.#isGreeted && this.#isAuthorized) {
      // From here on it is the node that takes its time.
      this.#isHurried = false;
      this.#connection.allowSilence(Number.POSITIVE_INFINITY);
    }
    try {
      if (this.#live.has(seq)) throw new Error(agentRpcError.seqInUse);
      await this.#perform(seq, request);
    } catch (error) {
      this.#reply(seq, { error: (error as Error).message, body: emptyBody(request.command) });
    }
  }

  /** Performs a request and replies; what it throws is the reply otherwise. */
  async #perform(seq: number, request: AgentRequest): Promise<void> {
    switch (request.command) {
      case "handshake":
        this.#reply(seq, { error: this.#greet(request.version) });
        return;
      case "auth":
        this.#authorize(seq, request.key);
        return;
      case "stream":
        this.#stream(seq, request.filters);
        return;
      case "monitor":
        this.#monitor(seq, request.level);
        return;
      case "stop":
        this.#end(request.seq);
        this.#reply(seq, {});
        return;
      case "query":
        this.#query(seq, request);
        return;
      case "respond":
        this.#respond(request.id, request.payload);
        this.#reply(seq, {});
        return;
      case "leave":
        await this.#leave(seq);
        return;
      default:
        this.#reply(seq, await this.#parts.commands.run(request));
    }
  }

  #greet(version: number): string {
    if (version !== agentRpcVersion) return agentRpcError.unsupportedVersion;
    if (this.#isGreeted) return agentRpcError.handshakeRepeated;
    this.#isGreeted = true;
    return "";
  }

  #authorize(seq: number, key: string): void {
    const { auth } = this.#parts;
    // Digests are of one length: the time of the comparison tells nothing of the token.
    if (auth === undefined || timingSafeEqual(digestOf(key), digestOf(auth))) {
      this.#isAuthorized = true;
      this.#reply(seq, {});
      return;
    }
    this.#authAttempts++;
    if (this.#authAttempts >= authAttemptsMax) this.#disconnect(seq, agentRpcError.authRefused);
    else this.#reply(seq, { error: agentRpcError.authRefused });
  }

  /** Notes what goes on after its answer. Throws when that is too much. */
  #begin(seq: number, end: () => void): void {
    if (this.#live.size >= liveMax) throw new RangeError(`Cannot stream more: ${liveMax} streams are open`);
    this.#live.set(seq, end);
  }

  #end(seq: number): void {
    this.#live.get(seq)?.();
    this.#live.delete(seq);
    if (this.#monitorSeq === seq) this.#monitorSeq = undefined;
  }

  #stream(seq: number, filters: string): void {
    const isWanted = parseEventFilters(filters);
    if (isWanted === undefined) throw new RangeError(agentRpcError.filterInvalid);
    const { node, commands } = this.#parts;
    const tell = (body: ReplyBody): void => this.#reply(seq, { body });
    const stops: (() => void)[] = [];
    this.#begin(seq, () => {
      for (const stop of stops) stop();
    });
    this.#reply(seq, {});
    stops.push(
      node.onEvent((event) => {
        if (isWanted(event)) tell(memberEventRecord(event, [commands.memberBody(event.member)]));
      }),
      node.on("user-event", (event) => {
        if (isWanted({ type: "user", name: event.name })) tell(userEventRecord(event));
      }),
      node.on("query", (query) => {
        if (isWanted({ type: "query", name: query.name })) tell(queryNoticeRecord(this.#remember(query), query));
      }),
    );
  }

  /** The number by which the client may answer a query. Of too many the oldest can be answered no more. */
  #remember(query: IncomingQuery): number {
    const id = ++this.#queryIdLast;
    this.#answerable.set(id, query);
    if (this.#answerable.size > answerableMax) this.#answerable.delete(id - answerableMax);
    return id;
  }

  #respond(id: number, payload: Uint8Array): void {
    const query = this.#answerable.get(id);
    if (query === undefined) throw new RangeError(agentRpcError.queryUnknown);
    query.respond(payload);
    this.#answerable.delete(id);
  }

  #monitor(seq: number, level: string): void {
    const least = (level === "" ? "DEBUG" : level.toUpperCase()) as SerfLogLevel;
    if (!serfLogLevels.includes(least)) throw new RangeError(`Unknown log level: ${level}`);
    if (this.#monitorSeq !== undefined) throw new RangeError(agentRpcError.monitorExists);
    let stop = (): void => {};
    this.#begin(seq, () => stop());
    this.#monitorSeq = seq;
    this.#reply(seq, {});
    stop = this.#parts.log.follow(least, (line) => this.#reply(seq, { body: { Log: line } }));
  }

  #query(seq: number, request: AgentQueryRequest): void {
    const { name, payload, nodes, wantsAcks, relayFactor, timeoutMs } = request;
    const tags = Object.fromEntries(request.tags);
    // The ping is the one query of Serf's own that an operator may ask: `serf reachability` does.
    const internal = name === internalQuery.ping && payload.length === 0;
    const options = {
      nodes: nodes.length === 0 ? undefined : nodes,
      tags,
      wantsAcks,
      relayFactor,
      timeoutMs,
      internal,
    };
    let isEnded = false;
    this.#begin(seq, () => {
      isEnded = true;
    });
    let run: QueryRun;
    try {
      run = this.#parts.node.query(name, payload, options);
    } catch (error) {
      this.#live.delete(seq);
      throw error;
    }
    this.#reply(seq, {});
    void this.#relay(seq, run, () => isEnded);
  }

  async #relay(seq: number, run: QueryRun, isEnded: () => boolean): Promise<void> {
    for await (const { type, from, payload } of run) {
      if (isEnded()) return;
      this.#reply(seq, { body: queryRecord(type, from, type === "ack" ? undefined : payload) });
    }
    await new Promise((resolve) => setTimeout(resolve, doneDelayMs));
    if (isEnded()) return;
    this.#reply(seq, { body: queryRecord("done") });
    this.#end(seq);
    this.#limitSilence();
  }

  async #leave(seq: number): Promise<void> {
    this.#parts.log.add("INFO", "agent.ipc: Graceful leave triggered");
    await this.#parts.node.leave();
    this.#reply(seq, {});
    // Not awaited: what stops the node closes this connection too, and waits for that.
    void this.#parts.stop();
  }
}

function digestOf(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

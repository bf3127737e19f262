/** What clients ask of a node over Serf's agent RPC: a header with a command and a number, and most often a body. */
import { exactTextOf, Fields, MsgpackReader, type Value } from "../gossip/mod.ts";
import { ValueSplitter } from "./agent_rpc_values.ts";

/** Which members are asked for. Texts are expressions for the whole of what they match; empty ones match all. */
export interface MemberFilter {
  readonly name: string;
  readonly status: string;
  readonly tags: ReadonlyMap<string, string>;
}

export type AgentRequest =
  | { readonly command: "handshake"; readonly version: number }
  | { readonly command: "auth"; readonly key: string }
  | { readonly command: "event"; readonly name: string; readonly payload: Uint8Array; readonly coalesce: boolean }
  | { readonly command: "force-leave"; readonly node: string; readonly prune: boolean }
  | { readonly command: "join"; readonly addresses: readonly string[]; readonly replay: boolean }
  | { readonly command: "members" }
  | { readonly command: "members-filtered"; readonly filter: MemberFilter }
  | { readonly command: "tags"; readonly set: ReadonlyMap<string, string>; readonly remove: readonly string[] }
  | { readonly command: "stream"; readonly filters: string }
  | { readonly command: "monitor"; readonly level: string }
  | { readonly command: "stop"; readonly seq: number }
  | AgentQueryRequest
  | { readonly command: "respond"; readonly id: number; readonly payload: Uint8Array }
  | { readonly command: "install-key" | "use-key" | "remove-key"; readonly key: string }
  | { readonly command: "list-keys" }
  | { readonly command: "stats" }
  | { readonly command: "get-coordinate"; readonly node: string }
  | { readonly command: "leave" };

export interface AgentQueryRequest {
  readonly command: "query";
  readonly name: string;
  readonly payload: Uint8Array;
  readonly nodes: readonly string[];
  readonly tags: ReadonlyMap<string, string>;
  readonly wantsAcks: boolean;
  readonly relayFactor: number;
  /** Undefined when the node is to choose. */
  readonly timeoutMs: number | undefined;
}

export type AgentCommand = AgentRequest["command"];

/** Bytes of one request at most: many times what any event, query or list of addresses takes. */
export const agentRequestBytesMax = 65_536;

type BodyReader = (body: Body) => AgentRequest;

/** How the body of each command is read; undefined for those that have none. */
const bodyReaders: Readonly<Record<AgentCommand, BodyReader | undefined>> = {
  handshake: (body) => ({ command: "handshake", version: body.uint("Version") }),
  auth: (body) => ({ command: "auth", key: body.text("AuthKey") }),
  event: (body) => ({
    command: "event",
    name: body.exactText("Name"),
    payload: body.bytes("Payload").slice(),
    coalesce: body.flag("Coalesce"),
  }),
  "force-leave": (body) => ({ command: "force-leave", node: body.exactText("Node"), prune: body.flag("Prune") }),
  join: (body) => ({ command: "join", addresses: body.texts("Existing"), replay: body.flag("Replay") }),
  members: undefined,
  "members-filtered": (body) => ({
    command: "members-filtered",
    filter: { name: body.exactText("Name"), status: body.exactText("Status"), tags: body.textMap("Tags") },
  }),
  tags: (body) => ({ command: "tags", set: body.textMap("Tags"), remove: body.texts("DeleteTags") }),
  stream: (body) => ({ command: "stream", filters: body.text("Type") }),
  monitor: (body) => ({ command: "monitor", level: body.text("LogLevel") }),
  stop: (body) => ({ command: "stop", seq: body.uint("Stop") }),
  query: (body) => ({
    command: "query",
    name: body.exactText("Name"),
    payload: body.bytes("Payload").slice(),
    nodes: body.texts("FilterNodes"),
    tags: body.textMap("FilterTags"),
    wantsAcks: body.flag("RequestAck"),
    relayFactor: body.uint("RelayFactor", 255),
    timeoutMs: body.milliseconds("Timeout"),
  }),
  respond: (body) => ({ command: "respond", id: body.uint("ID"), payload: body.bytes("Payload").slice() }),
  "install-key": (body) => ({ command: "install-key", key: body.text("Key") }),
  "use-key": (body) => ({ command: "use-key", key: body.text("Key") }),
  "remove-key": (body) => ({ command: "remove-key", key: body.text("Key") }),
  "list-keys": undefined,
  stats: undefined,
  "get-coordinate": (body) => ({ command: "get-coordinate", node: body.exactText("Node") }),
  leave: undefined,
};

const bodiless: Readonly<Partial<Record<AgentCommand, AgentRequest>>> = {
  members: { command: "members" },
  "list-keys": { command: "list-keys" },
  stats: { command: "stats" },
  leave: { command: "leave" },
};

/** Fields of a body, with the kinds that only requests have. */
class Body extends Fields {
  texts(name: string): readonly string[] {
    return this.list(name).map((value) => this.#textOf(value));
  }

  textMap(name: string): ReadonlyMap<string, string> {
    return new Map([...this.map(name)].map(([key, value]) => [key, this.#textOf(value)]));
  }

  /** From nanoseconds. Less than a millisecond is one: 0 has a meaning of its own. */
  milliseconds(name: string): number | undefined {
    const nanoseconds = this.uint(name);
    return nanoseconds === 0 ? undefined : Math.max(1, Math.round(nanoseconds / 1e6));
  }

  #textOf(value: Value): string {
    const text = exactTextOf(value ?? new Uint8Array(0));
    if (text === undefined) this.failed = true;
    return text ?? "";
  }
}

/** What stands next in a stream of requests. After `unsupported` and `malformed` the rest of the stream means nothing. */
export type RequestScan =
  | { readonly type: "request"; readonly seq: number; readonly request: AgentRequest }
  | { readonly type: "more" }
  /** Nobody knows whether such a command has a body. */
  | { readonly type: "unsupported"; readonly seq: number; readonly command: string }
  | { readonly type: "malformed"; readonly reason: string };

interface Header {
  readonly seq: number;
  readonly command: AgentCommand;
}

/** Reads requests from bytes as they arrive. Total over any bytes. */
export class AgentRequestReader {
  readonly #values: ValueSplitter = new ValueSplitter(agentRequestBytesMax);
  #header: Header | undefined;
  #lost: RequestScan | undefined;

  /** True between the first byte of a request and its last. */
  get isAmidRequest(): boolean {
    return this.#header !== undefined || this.#values.waitingBytes > 0;
  }

  push(bytes: Uint8Array): void {
    if (this.#lost === undefined) this.#values.push(bytes);
  }

  next(): RequestScan {
    while (this.#lost === undefined) {
      const split = this.#values.next();
      if (split.type === "more") return split;
      const scan = split.type === "malformed" ? split : this.#take(split.bytes);
      if (scan?.type === "request") return scan;
      this.#lost = scan;
    }
    return this.#lost;
  }

  /** Undefined when a body is to follow. */
  #take(bytes: Uint8Array): RequestScan | undefined {
    const reader = new MsgpackReader(bytes);
    const body = new Body(reader.value());
    if (reader.fault !== undefined || body.failed) return { type: "malformed", reason: "a value is no map" };
    if (this.#header !== undefined) return this.#takeBody(this.#header, body);
    const seq = body.uint("Seq");
    const command = body.text("Command");
    if (body.failed) return { type: "malformed", reason: "a header has fields of other types" };
    if (!Object.hasOwn(bodyReaders, command)) return { type: "unsupported", seq, command };
    const request = bodiless[command as AgentCommand];
    if (request !== undefined) return { type: "request", seq, request };
    this.#header = { seq, command: command as AgentCommand };
    return undefined;
  }

  #takeBody({ seq, command }: Header, body: Body): RequestScan {
    this.#header = undefined;
    const request = bodyReaders[command]?.(body);
    if (request === undefined || body.failed) {
      return { type: "malformed", reason: `the body of ${command} has fields of other types` };
    }
    return { type: "request", seq, request };
  }
}

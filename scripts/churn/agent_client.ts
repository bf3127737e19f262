/** A client of Serf's agent RPC: what drives agents of Serf and nodes of this project alike. */
import { connect, type Socket } from "node:net";
import { concat, ipToText, toText } from "../../src/base/mod.ts";
import { Bin, type Encodable, encodeMsgpack, MsgpackReader, type Value } from "../../src/gossip/mod.ts";

export interface ListedMember {
  readonly name: string;
  readonly address: string;
  readonly tags: ReadonlyMap<string, string>;
  readonly status: string;
}

/** What a stream tells. */
export type AgentEvent =
  | { readonly type: "members"; readonly event: string; readonly names: readonly string[] }
  | { readonly type: "user"; readonly name: string; readonly payload: string }
  | { readonly type: "query"; readonly id: number; readonly name: string };

export interface QueryReport {
  readonly acknowledgedBy: readonly string[];
  readonly answeredBy: readonly string[];
}

/** Keys of a cluster, by how many members have each; and what went wrong. */
export interface KeyReport {
  readonly keys: ReadonlyMap<string, number>;
  readonly primaryKeys: ReadonlyMap<string, number>;
  readonly answered: number;
  readonly error: string;
}

type Fields = ReadonlyMap<string, Value>;
type Body = { readonly [field: string]: Encodable };

interface Waiting {
  readonly hasBody: boolean;
  readonly resolve: (reply: { readonly error: string; readonly body: Fields }) => void;
}

/** How long an agent may take to answer: installing a key waits for all members. */
const answerMsMax = 20_000;

/** Commands whose replies have a body, also those that tell of an error. */
const withBody: ReadonlySet<string> = new Set(["join", "members", "install-key", "use-key", "remove-key", "list-keys"]);

export class AgentClient implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  /** What takes records that come by themselves, by the number of the request for them. */
  readonly #listeners = new Map<number, (record: Fields) => void>();
  readonly #closed: Promise<void>;
  #sequence = 0;
  #rest: Uint8Array = new Uint8Array(0);
  /** The header whose body is next. */
  #header: { readonly sequence: number; readonly error: string } | undefined;

  /** Connects and shakes hands. */
  static async connect(address: string): Promise<AgentClient> {
    const [host, port] = address.split(":") as [string, string];
    const socket = await new Promise<Socket>((resolve, reject) => {
      const opened = connect(Number(port), host);
      opened.once("error", reject);
      opened.once("connect", () => resolve(opened));
    });
    const client = new AgentClient(socket);
    await client.#ask("handshake", { Version: 1 });
    return client;
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", () => {});
    socket.on("data", (bytes) => this.#take(new Uint8Array(bytes as Uint8Array)));
    this.#closed = new Promise((resolve) => {
      socket.once("close", () => {
        for (const { resolve: answer } of this.#waiting.values()) answer({ error: "closed", body: new Map() });
        this.#waiting.clear();
        resolve();
      });
    });
  }

  /** Tells of everything that happens, from now on. */
  async stream(listener: (event: AgentEvent) => void): Promise<void> {
    const sequence = this.#sequence + 1;
    this.#listeners.set(sequence, (record) => {
      const event = eventOf(record);
      if (event !== undefined) listener(event);
    });
    await this.#ask("stream", { Type: "*" });
  }

  async members(): Promise<ListedMember[]> {
    const { body } = await this.#ask("members");
    return ((body.get("Members") ?? []) as readonly Fields[]).map((member) => ({
      name: textOf(member.get("Name")),
      address: `${hostOf(member.get("Addr"))}:${Number(member.get("Port"))}`,
      tags: textsOf(member.get("Tags")),
      status: textOf(member.get("Status")),
    }));
  }

  /** How many of the addresses were joined. */
  async join(addresses: readonly string[]): Promise<number> {
    const { body } = await this.#ask("join", { Existing: [...addresses], Replay: false });
    return Number(body.get("Num") ?? 0);
  }

  async event(name: string, payload: string): Promise<string> {
    const bytes = new Bin(new TextEncoder().encode(payload));
    return (await this.#ask("event", { Name: name, Payload: bytes, Coalesce: false })).error;
  }

  async tags(set: ReadonlyMap<string, string>, remove: readonly string[]): Promise<string> {
    return (await this.#ask("tags", { Tags: Object.fromEntries(set), DeleteTags: [...remove] })).error;
  }

  async forceLeave(node: string, prune: boolean): Promise<string> {
    return (await this.#ask("force-leave", { Node: node, Prune: prune })).error;
  }

  async leave(): Promise<string> {
    return (await this.#ask("leave")).error;
  }

  async respond(id: number, payload: string): Promise<void> {
    await this.#ask("respond", { ID: id, Payload: new Bin(new TextEncoder().encode(payload)) });
  }

  /** Asks everybody; resolves when the time for answers is over. */
  async query(name: string): Promise<QueryReport> {
    const acknowledgedBy: string[] = [];
    const answeredBy: string[] = [];
    const sequence = this.#sequence + 1;
    const done = new Promise<void>((resolve) => {
      const late = setTimeout(resolve, answerMsMax);
      this.#listeners.set(sequence, (record) => {
        const [type, from] = [textOf(record.get("Type")), textOf(record.get("From"))];
        if (type === "ack") acknowledgedBy.push(from);
        else if (type === "response") answeredBy.push(from);
        else {
          clearTimeout(late);
          resolve();
        }
      });
    });
    const payload = new Bin(new Uint8Array(0));
    await this.#ask("query", { Name: name, Payload: payload, RequestAck: true, Timeout: 0, RelayFactor: 0 });
    await done;
    this.#listeners.delete(sequence);
    return { acknowledgedBy, answeredBy };
  }

  async changeKey(command: "install-key" | "use-key" | "remove-key", key: string): Promise<KeyReport> {
    return keysOf(await this.#ask(command, { Key: key }));
  }

  async listKeys(): Promise<KeyReport> {
    return keysOf(await this.#ask("list-keys"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    await this.#closed;
  }

  #ask(command: string, body?: Body): Promise<{ readonly error: string; readonly body: Fields }> {
    const sequence = ++this.#sequence;
    const header = encodeMsgpack({ Command: command, Seq: sequence });
    return new Promise((resolve) => {
      // It stays noted: the answer may still come, and whether it has a body must be known then.
      const late = setTimeout(() => {
        resolve({ error: `no answer within ${answerMsMax} ms`, body: new Map() });
      }, answerMsMax);
      this.#waiting.set(sequence, {
        hasBody: withBody.has(command),
        resolve: (reply) => {
          clearTimeout(late);
          resolve(reply);
        },
      });
      if (this.#socket.destroyed) this.#waiting.get(sequence)?.resolve({ error: "closed", body: new Map() });
      else this.#socket.write(body === undefined ? header : concat([header, encodeMsgpack(body)]));
    });
  }

  #take(bytes: Uint8Array): void {
    this.#rest = concat([this.#rest, bytes]);
    for (;;) {
      const reader = new MsgpackReader(this.#rest);
      const value = reader.value();
      if (reader.fault !== undefined || !(value instanceof Map)) return;
      this.#rest = this.#rest.slice(reader.at);
      this.#received(value as Fields);
    }
  }

  #received(value: Fields): void {
    if (this.#header !== undefined) {
      const { sequence, error } = this.#header;
      this.#header = undefined;
      const waiting = this.#waiting.get(sequence);
      if (waiting === undefined) this.#listeners.get(sequence)?.(value);
      else {
        this.#waiting.delete(sequence);
        waiting.resolve({ error, body: value });
      }
      return;
    }
    const sequence = Number(value.get("Seq"));
    const error = textOf(value.get("Error"));
    const waiting = this.#waiting.get(sequence);
    if (waiting === undefined || waiting.hasBody) {
      // A record of a stream or of a query, or a reply with a body.
      this.#header = { sequence, error };
      return;
    }
    this.#waiting.delete(sequence);
    waiting.resolve({ error, body: new Map() });
  }
}

function eventOf(record: Fields): AgentEvent | undefined {
  const event = textOf(record.get("Event"));
  if (event === "user") {
    return { type: "user", name: textOf(record.get("Name")), payload: textOf(record.get("Payload")) };
  }
  if (event === "query") return { type: "query", id: Number(record.get("ID")), name: textOf(record.get("Name")) };
  if (!event.startsWith("member-")) return undefined;
  const members = (record.get("Members") ?? []) as readonly Fields[];
  return { type: "members", event, names: members.map((member) => textOf(member.get("Name"))) };
}

function keysOf({ error, body }: { readonly error: string; readonly body: Fields }): KeyReport {
  return {
    keys: countsOf(body.get("Keys")),
    primaryKeys: countsOf(body.get("PrimaryKeys")),
    answered: Number(body.get("NumResp") ?? 0),
    error,
  };
}

function countsOf(value: Value | undefined): ReadonlyMap<string, number> {
  return value instanceof Map ? new Map([...value].map(([key, count]) => [String(key), Number(count)])) : new Map();
}

function textOf(value: Value | undefined): string {
  return value instanceof Uint8Array ? toText(value) : value === undefined || value === null ? "" : String(value);
}

function textsOf(value: Value | undefined): ReadonlyMap<string, string> {
  return value instanceof Map ? new Map([...value].map(([key, each]) => [String(key), textOf(each)])) : new Map();
}

/** Agents may tell an IPv4 address in sixteen bytes. */
function hostOf(value: Value | undefined): string {
  if (!(value instanceof Uint8Array)) return "?";
  const isMapped = value.length === 16 && value.subarray(0, 10).every((byte) => byte === 0) && value[10] === 0xff;
  return ipToText(isMapped ? value.subarray(12) : value) ?? "?";
}

/** A client of Serf's agent RPC that says exactly what a test wants said. */
import { connect, type Socket } from "node:net";
import type { Address } from "../../src/base/mod.ts";
import { concat, toText } from "../../src/base/mod.ts";
import { type Encodable, encodeMsgpack, MsgpackReader, type Value } from "../../src/gossip/mod.ts";

/** A decoded value as plain objects; byte strings become texts. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [field: string]: Plain };

export class RawRpcClient implements AsyncDisposable {
  /** Resolves when the connection is over, from whichever side. */
  readonly closed: Promise<void>;
  readonly socket: Socket;
  readonly #values: Plain[] = [];
  #rest: Uint8Array = new Uint8Array(0);
  #isClosed = false;
  #wake: () => void = () => {};

  static connect(address: Address): Promise<RawRpcClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(address.port, address.host);
      socket.once("error", reject);
      socket.once("connect", () => resolve(new RawRpcClient(socket)));
    });
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => {});
    this.closed = new Promise((resolve) => {
      socket.once("close", () => {
        this.#isClosed = true;
        this.#wake();
        resolve();
      });
    });
    socket.on("data", (bytes) => this.#take(new Uint8Array(bytes as Uint8Array)));
  }

  /** Sends a request: a header, and a body when there is one. */
  send(Seq: number, Command: string, body?: { readonly [field: string]: Encodable }): void {
    const header = encodeMsgpack({ Command, Seq });
    this.write(body === undefined ? header : concat([header, encodeMsgpack(body)]));
  }

  write(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** The next value; undefined when the connection was closed instead. */
  async next(): Promise<Plain | undefined> {
    while (this.#values.length === 0) {
      if (this.#isClosed) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#values.shift();
  }

  /** Sends a request and reads the header of what comes next. */
  async ask(seq: number, command: string, body?: { readonly [field: string]: Encodable }): Promise<Plain | undefined> {
    this.send(seq, command, body);
    return this.next();
  }

  async greet(): Promise<void> {
    await this.ask(1, "handshake", { Version: 1 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    await this.closed;
  }

  #take(bytes: Uint8Array): void {
    this.#rest = concat([this.#rest, bytes]);
    for (;;) {
      const reader = new MsgpackReader(this.#rest);
      const value = reader.value();
      if (reader.fault !== undefined) break;
      this.#values.push(plain(value));
      this.#rest = this.#rest.slice(reader.at);
    }
    this.#wake();
  }
}

function plain(value: Value): Plain {
  if (value instanceof Uint8Array) return toText(value);
  if (value instanceof Map) return Object.fromEntries([...value].map(([field, each]) => [field, plain(each)]));
  return Array.isArray(value) ? value.map(plain) : (value as Plain);
}

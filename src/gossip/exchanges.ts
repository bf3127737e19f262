/** One connection, one request, at most one reply: full exchanges of state, and pings where UDP does not pass. */
import { type Address, formatAddress, type Timer } from "../base/mod.ts";
import type { Core } from "./core.ts";
import { frameBytesMax } from "./envelope.ts";
import { aliveOf, type NodeTable } from "./nodes.ts";
import { compress } from "./packet.ts";
import type { Paths } from "./paths.ts";
import { type StreamMessage, StreamReader, type StreamScan } from "./stream_reader.ts";
import type { Swim } from "./swim.ts";
import type { StreamId } from "./types.ts";
import { encodeError, encodeMessage, encodePushPull, type Ping, type PushPull } from "./wire.ts";

/** Connections served at once, and dialled at once. memberlist's number for push/pulls. */
const streamsMax = 128;

/** Bytes held for all streams together. */
const heldBytesMax = 134_217_728;

interface Served {
  readonly role: "served";
  readonly from: Address;
}

interface Dialled {
  readonly role: "push-pull" | "ping";
  readonly to: Address;
  /** Hears the reply, or why there is none. */
  readonly done: (reply: StreamMessage | { readonly type: "failed"; readonly reason: string }) => void;
}

type Stream = (Served | Dialled) & { readonly id: StreamId; readonly reader: StreamReader; readonly timer: Timer };

export class Exchanges {
  readonly #core: Core;
  readonly #nodes: NodeTable;
  readonly #swim: Swim;
  readonly #paths: Paths;
  readonly #streams = new Map<StreamId, Stream>();
  #served = 0;
  #heldBytes = 0;
  #nextId: StreamId = 1;

  constructor(core: Core, nodes: NodeTable, swim: Swim, paths: Paths) {
    this.#core = core;
    this.#nodes = nodes;
    this.#swim = swim;
    this.#paths = paths;
  }

  accepted(id: StreamId, from: Address): void {
    this.#core.counters.streamsAccepted++;
    if (this.#streams.has(id) || this.#served >= streamsMax) {
      this.#core.drop("too-many-streams");
      this.#core.emit({ type: "stream-close", stream: id });
      return;
    }
    const deadlineMs = this.#core.nowMs + this.#core.options.settings.streamTimeoutMs;
    const timer = this.#core.schedule.at(deadlineMs, () => this.#fail(id, "it took too long"));
    this.#streams.set(id, { role: "served", from, id, reader: this.#reader("served"), timer });
    this.#served++;
  }

  received(id: StreamId, bytes: Uint8Array): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    if (this.#heldBytes + bytes.length > heldBytesMax) {
      this.#fail(id, "too much is being received at once");
      return;
    }
    this.#heldBytes += bytes.length;
    const scan = stream.reader.push(bytes);
    if (scan === undefined) return;
    if (stream.role === "served") this.#serve(stream, scan);
    else this.#conclude(stream, scan);
  }

  closed(id: StreamId, error: string | undefined): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    this.#fail(id, error ?? "the other side closed it early");
  }

  /** Exchanges full states with a node. `done` hears what went wrong, or undefined. */
  pushPull(to: Address, join: boolean, done: (error: string | undefined) => void): void {
    const fault = this.#dial(
      "push-pull",
      to,
      this.#core.options.settings.streamTimeoutMs,
      this.#ownState(join),
      (reply) => {
        if (reply.type === "failed") done(reply.reason);
        else if (reply.type === "error") done(`it answered: ${reply.text}`);
        else if (reply.type !== "push-pull") done(`it answered with ${reply.type}`);
        else done(this.#merge(reply, join));
      },
    );
    if (fault !== undefined) done(fault);
  }

  /** Pings over TCP. `done` hears whether the ack came in time. */
  ping(to: Address, ping: Ping, deadlineMs: number, done: (answered: boolean) => void): void {
    this.#dial("ping", to, deadlineMs - this.#core.nowMs, encodeMessage(ping), (reply) => {
      done(reply.type === "ack" && reply.sequence === ping.sequence);
    });
  }

  #dial(
    role: Dialled["role"],
    to: Address,
    timeoutMs: number,
    request: Uint8Array,
    done: Dialled["done"],
  ): string | undefined {
    if (this.#streams.size - this.#served >= streamsMax) return `${streamsMax} exchanges are under way already`;
    const bytes = this.#core.envelope.sealRequest(this.#packed(request));
    if (bytes === undefined)
      return `its ${request.length} bytes are too many to be encrypted, allowed are ${frameBytesMax}`;
    const id = this.#nextId;
    this.#nextId += 2;
    const timer = this.#core.schedule.at(this.#core.nowMs + timeoutMs, () => this.#fail(id, "it took too long"));
    this.#streams.set(id, { role, to, done, id, reader: this.#reader("dialled"), timer });
    this.#core.counters.streamsDialled++;
    this.#core.emit({ type: "dial", stream: id, to, timeoutMs });
    this.#core.emit({ type: "stream-write", stream: id, bytes });
    return undefined;
  }

  /** Peers may know many that left long ago: a few times what this node can remember is heard. */
  #reader(role: "served" | "dialled"): StreamReader {
    return new StreamReader(this.#core.envelope, role, Math.max(1_000, 4 * this.#core.options.nodesMax));
  }

  #serve(stream: Served & Stream, scan: Exclude<StreamScan, undefined>): void {
    this.#end(stream);
    if (scan.type === "labelled-otherwise") this.#core.drop("stream-label");
    else if (scan.type === "refused") {
      this.#core.drop("refused-stream");
      this.#core.warn("refused-stream", `Cannot read a stream from ${formatAddress(stream.from)}: ${scan.reason}`);
      this.#write(stream.id, encodeError(scan.reason));
    } else if (scan.type === "malformed") {
      this.#core.drop("malformed-stream");
      this.#core.warn("stream", `Cannot read a stream from ${formatAddress(stream.from)}: ${scan.reason}`);
    } else {
      this.#answer(stream, scan.message);
    }
    this.#core.emit({ type: "stream-close", stream: stream.id });
  }

  #answer(stream: Served & Stream, message: StreamMessage): void {
    switch (message.type) {
      case "push-pull": {
        // The reply goes out before the merge, so that both sides judge the states as they were.
        this.#write(stream.id, this.#ownState(message.join));
        const fault = this.#merge(message, false);
        if (fault !== undefined) {
          this.#core.warn("merge", `Cannot merge the state of ${formatAddress(stream.from)}: ${fault}`);
        }
        return;
      }
      case "ping":
        if (message.node !== "" && message.node !== this.#core.options.name) this.#core.drop("ping-for-another");
        else {
          this.#paths.heardPingOverTcpOf(message.sourceName);
          const payload = new Uint8Array(0);
          this.#write(stream.id, encodeMessage({ type: "ack", sequence: message.sequence, payload }));
        }
        return;
      case "user":
        this.#core.emit({ type: "user-message", bytes: message.bytes });
        return;
      case "ack":
      case "error":
        this.#core.drop("unasked-reply");
        return;
      default:
        message satisfies never;
    }
  }

  #conclude(stream: Dialled & Stream, scan: Exclude<StreamScan, undefined>): void {
    this.#end(stream);
    this.#core.emit({ type: "stream-close", stream: stream.id });
    if (scan.type === "message") stream.done(scan.message);
    else if (scan.type === "labelled-otherwise") stream.done({ type: "failed", reason: "it has another label" });
    else stream.done({ type: "failed", reason: `its answer cannot be read: ${scan.reason}` });
  }

  #fail(id: StreamId, reason: string): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    this.#end(stream);
    this.#core.emit({ type: "stream-close", stream: id });
    if (stream.role === "served") this.#core.drop("broken-stream");
    else stream.done({ type: "failed", reason });
  }

  #end(stream: Stream): void {
    stream.timer.cancel();
    this.#streams.delete(stream.id);
    this.#heldBytes -= stream.reader.length;
    if (stream.role === "served") this.#served--;
  }

  /** An answer that is too long to be encrypted is not given: the stream closes without it. */
  #write(id: StreamId, plain: Uint8Array): void {
    const bytes = this.#core.envelope.sealReply(this.#packed(plain));
    if (bytes === undefined)
      this.#core.warn("long-reply", `Cannot encrypt ${plain.length} bytes: allowed are ${frameBytesMax}`);
    else this.#core.emit({ type: "stream-write", stream: id, bytes });
  }

  #packed(plain: Uint8Array): Uint8Array {
    return this.#core.options.compress ? compress(plain) : plain;
  }

  #merge(pushPull: PushPull, joining: boolean): string | undefined {
    for (let node = 0; node < (pushPull.nodesLeftOut ?? 0); node++) this.#core.drop("malformed-node");
    const fault = this.#swim.merge(pushPull.nodes);
    if (fault !== undefined) return fault;
    if (pushPull.userState.length > 0) {
      this.#core.emit({ type: "user-state", bytes: pushPull.userState, joining });
    }
    return undefined;
  }

  #ownState(join: boolean): Uint8Array {
    const nodes = [];
    for (const node of this.#nodes.all()) nodes.push({ alive: aliveOf(node), state: node.state });
    return encodePushPull({ type: "push-pull", join, nodes, userState: this.#core.options.userState(join) });
  }
}

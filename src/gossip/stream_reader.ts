/** Reads the one message of a TCP stream, however it was cut into pieces. */
import { toText, viewOf } from "../base/mod.ts";
import { Envelope, envelopeTexts, frameBytesMax, frameHeaderBytes } from "./envelope.ts";
import { MsgpackReader, type Value } from "./msgpack.ts";
import { decompress } from "./packet.ts";
import { printable } from "./printable.ts";
import {
  type Ack,
  decodeMessage,
  messageType,
  type Ping,
  type PushPull,
  type RemoteNode,
  readPushPullHeader,
  readRemoteNode,
  type UserMessage,
  userStateBytesMax,
} from "./wire.ts";

/** Bytes of one stream as received. A push/pull of three hundred thousand nodes with a few tags fits. */
export const streamBytesMax = 33_554_432;

/**
 * Values of one map of a stream: no struct has twenty fields. A map that is not whole yet is read anew with every piece
 * that comes, so that it must not take long.
 */
const mapItemsMax = 256;

/** Bytes that a compressed stream may unpack to: memberlist's own limit. */
const plainBytesMax = 41_943_040;

/** Nodes of a push/pull that are taken in, when the reader is told no other number: the rest is passed over. */
const nodesTakenMaxDefault = 100_000;

export type StreamMessage = Ping | Ack | UserMessage | PushPull | { readonly type: "error"; readonly text: string };

/** What the bytes so far amount to; undefined while the message is not complete. */
export type StreamScan =
  | { readonly type: "message"; readonly message: StreamMessage }
  /** It cannot be opened, or is open where it must not be: the peer is told why. */
  | { readonly type: "refused"; readonly reason: string }
  /** It comes from another cluster: the peer is told nothing. */
  | { readonly type: "labelled-otherwise" }
  | { readonly type: "malformed"; readonly reason: string }
  | undefined;

const plainEnvelope = new Envelope({});

export class StreamReader {
  readonly #envelope: Envelope;
  readonly #isDialled: boolean;
  #buffer: Uint8Array = new Uint8Array(1024);
  #length = 0;
  readonly #nodesTakenMax: number;
  readonly #body: BodyScanner;

  /**
   * Only the side that dialled says the label. A peer may tell of a million nodes in a few bytes each: of more than
   * `nodesTakenMax` nothing is made.
   */
  constructor(
    envelope: Envelope = plainEnvelope,
    role: "served" | "dialled" = "served",
    nodesTakenMax: number = nodesTakenMaxDefault,
  ) {
    this.#envelope = envelope;
    this.#isDialled = role === "dialled";
    this.#nodesTakenMax = nodesTakenMax;
    this.#body = new BodyScanner(nodesTakenMax);
  }

  /** Bytes taken in. */
  get length(): number {
    return this.#length;
  }

  /** Takes the next bytes. */
  push(bytes: Uint8Array): StreamScan {
    const before = this.#length;
    this.#length += bytes.length;
    if (this.#length > streamBytesMax) return malformed(`it has more than ${streamBytesMax} bytes`);
    if (this.#length > this.#buffer.length) {
      const grown = new Uint8Array(2 * this.#length);
      grown.set(this.#buffer.subarray(0, before));
      this.#buffer = grown;
    }
    this.#buffer.set(bytes, before);
    return this.#scan(this.#buffer.subarray(0, this.#length));
  }

  #scan(bytes: Uint8Array): StreamScan {
    const labelBytes = this.#isDialled ? 0 : this.#envelope.labelBytesOf(bytes);
    if (labelBytes === "other") return { type: "labelled-otherwise" };
    if (labelBytes === "cut" || bytes.length === labelBytes) return undefined;
    const rest = bytes.subarray(labelBytes);
    if (rest[0] === messageType.encrypt) return this.#scanFrame(rest);
    return this.#envelope.refusesPlaintext ? this.#scanRefusal(rest) : this.#scanPlain(rest, this.#body);
  }

  /** Who is dialled may say in plain text why it cannot read this node, and nothing else. */
  #scanRefusal(bytes: Uint8Array): StreamScan {
    const mayBeError = bytes[0] === messageType.error || bytes[0] === messageType.compress;
    if (!this.#isDialled || !mayBeError) return refused(envelopeTexts.notEncrypted);
    const scan = this.#scanPlain(bytes, this.#body);
    const isOther = scan?.type === "message" && scan.message.type !== "error";
    return isOther ? refused(envelopeTexts.notEncrypted) : scan;
  }

  #scanFrame(bytes: Uint8Array): StreamScan {
    if (!this.#envelope.keyring.isEnabled) return refused(envelopeTexts.notConfigured);
    if (bytes.length < frameHeaderBytes) return undefined;
    const length = viewOf(bytes).getUint32(1);
    if (length > frameBytesMax) return refused(`Remote node state is larger than limit (${length})`);
    if (bytes.length < frameHeaderBytes + length) return undefined;
    const opened = this.#envelope.openFrame(bytes.subarray(0, frameHeaderBytes + length));
    if (opened.type === "refused") return opened;
    const body = new BodyScanner(this.#nodesTakenMax);
    return this.#scanPlain(opened.bytes, body) ?? malformed("it ends within its encrypted part");
  }

  #scanPlain(bytes: Uint8Array, body: BodyScanner): StreamScan {
    if (bytes[0] !== messageType.compress) return body.scan(bytes);
    const outer = new MsgpackReader(bytes, 1, mapItemsMax);
    outer.value();
    if (outer.fault === "cut") return undefined;
    const plain = outer.fault === undefined ? decompress(bytes, plainBytesMax) : undefined;
    if (plain === undefined) return refused("The message cannot be decompressed");
    return new BodyScanner(this.#nodesTakenMax).scan(plain) ?? malformed("it ends within its compressed part");
  }
}

function refused(reason: string): StreamScan {
  return { type: "refused", reason };
}

function malformed(reason: string): StreamScan {
  return { type: "malformed", reason };
}

/** Reads on where the last scan stopped, so that a long push/pull costs one pass. */
class BodyScanner {
  #at = 1;
  #header: { readonly join: boolean; readonly nodes: number; readonly userStateBytes: number } | undefined;
  readonly #nodes: RemoteNode[] = [];
  #leftOut = 0;
  readonly #nodesTakenMax: number;

  constructor(nodesTakenMax: number) {
    this.#nodesTakenMax = nodesTakenMax;
  }

  scan(bytes: Uint8Array): StreamScan {
    switch (bytes[0]) {
      case messageType.pushPull:
        return this.#scanPushPull(bytes);
      case messageType.ping:
      case messageType.ack:
      case messageType.error:
        return scanMap(bytes);
      case messageType.user:
        return scanUser(bytes);
      default:
        return malformed(`streams do not carry message type ${bytes[0] ?? "none"}`);
    }
  }

  #scanPushPull(bytes: Uint8Array): StreamScan {
    if (this.#header === undefined) {
      const value = this.#next(bytes);
      if (value === "cut") return undefined;
      this.#header = value === "malformed" ? undefined : readPushPullHeader(value);
      if (this.#header === undefined) return malformed("its push/pull header is broken or beyond the limits");
    }
    const header = this.#header;
    while (this.#nodes.length + this.#leftOut < header.nodes) {
      const fault = this.#nodes.length < this.#nodesTakenMax ? this.#takeNode(bytes) : this.#passNode(bytes);
      if (fault === "cut") return undefined;
      if (fault !== undefined) return malformed(`its node ${this.#nodes.length + this.#leftOut} is broken`);
    }
    const end = this.#at + header.userStateBytes;
    if (bytes.length < end) return undefined;
    const userState = bytes.subarray(this.#at, end);
    const nodes = { nodes: this.#nodes, nodesLeftOut: this.#leftOut };
    return { type: "message", message: { type: "push-pull", join: header.join, ...nodes, userState } };
  }

  /** One odd node of the cluster must not keep the news of all others from this one: it is left out. */
  #takeNode(bytes: Uint8Array): "cut" | "malformed" | undefined {
    const value = this.#next(bytes);
    if (value === "cut") return value;
    if (!(value instanceof Map)) return "malformed";
    const node = readRemoteNode(value);
    if (node === undefined) this.#leftOut++;
    else this.#nodes.push(node);
    return undefined;
  }

  #passNode(bytes: Uint8Array): "cut" | "malformed" | undefined {
    const reader = new MsgpackReader(bytes, this.#at, mapItemsMax);
    reader.passOver();
    if (reader.fault !== undefined) return reader.fault;
    this.#at = reader.at;
    this.#leftOut++;
    return undefined;
  }

  #next(bytes: Uint8Array): Value | "cut" | "malformed" {
    const reader = new MsgpackReader(bytes, this.#at, mapItemsMax);
    const value = reader.value();
    if (reader.fault !== undefined) return reader.fault;
    this.#at = reader.at;
    return value;
  }
}

function scanMap(bytes: Uint8Array): StreamScan {
  const reader = new MsgpackReader(bytes, 1, mapItemsMax);
  const value = reader.value();
  if (reader.fault === "cut") return undefined;
  if (bytes[0] === messageType.error) {
    const text = value instanceof Map ? value.get("Error") : undefined;
    if (!(text instanceof Uint8Array)) return malformed("its error says nothing");
    return {
      type: "message",
      message: { type: "error", text: printable(toText(text.subarray(0, errorTextBytesMax))) },
    };
  }
  const message = reader.fault === undefined ? decodeMessage(bytes) : undefined;
  if (message?.type !== "ping" && message?.type !== "ack") return malformed("its message is broken");
  return { type: "message", message };
}

/** Bytes of a peer's error text that are repeated in a warning. */
const errorTextBytesMax = 300;

function scanUser(bytes: Uint8Array): StreamScan {
  const reader = new MsgpackReader(bytes, 1, mapItemsMax);
  const header = reader.value();
  if (reader.fault === "cut") return undefined;
  const length = header instanceof Map ? header.get("UserMsgLen") : undefined;
  if (typeof length !== "number" || !Number.isInteger(length) || length < 0 || length > userStateBytesMax) {
    return malformed("its user message header is broken or beyond the limits");
  }
  if (bytes.length < reader.at + length) return undefined;
  return { type: "message", message: { type: "user", bytes: bytes.subarray(reader.at, reader.at + length) } };
}

/** memberlist's messages: one type byte, then one msgpack map. */
import { concat } from "../base/mod.ts";
import { Fields, readFields, type Value } from "./msgpack.ts";
import { type Encodable, encodeMsgpack } from "./msgpack_encoder.ts";

/** The first byte of every message. Peers know these numbers: append, never change. */
export const messageType = {
  ping: 0,
  indirectPing: 1,
  ack: 2,
  suspect: 3,
  alive: 4,
  dead: 5,
  pushPull: 6,
  compound: 7,
  user: 8,
  compress: 9,
  encrypt: 10,
  nack: 11,
  crc: 12,
  error: 13,
  label: 244,
} as const;

/** Characters of a node's name. Serf's own check allows 128; what others send is bounded a little wider. */
export const nodeNameBytesMax = 255;

/** Bytes of a node's meta: its encoded tags. */
export const metaBytesMax = 512;

/** Who asked, so that the answer finds the way: absent fields mean the source of the datagram. */
export interface PingSource {
  readonly sourceAddress: Uint8Array;
  readonly sourcePort: number;
  readonly sourceName: string;
}

export interface Ping extends PingSource {
  readonly type: "ping";
  readonly sequence: number;
  readonly node: string;
}

export interface IndirectPing extends PingSource {
  readonly type: "indirect-ping";
  readonly sequence: number;
  readonly target: Uint8Array;
  readonly port: number;
  readonly node: string;
  readonly nack: boolean;
}

export interface Ack {
  readonly type: "ack";
  readonly sequence: number;
  readonly payload: Uint8Array;
}

export interface Nack {
  readonly type: "nack";
  readonly sequence: number;
}

export interface Suspect {
  readonly type: "suspect";
  readonly incarnation: number;
  readonly node: string;
  readonly from: string;
}

/** `node` and `from` are equal when the node left of its own will. */
export interface Dead {
  readonly type: "dead";
  readonly incarnation: number;
  readonly node: string;
  readonly from: string;
}

export interface Alive {
  readonly type: "alive";
  readonly incarnation: number;
  readonly node: string;
  readonly address: Uint8Array;
  readonly port: number;
  readonly meta: Uint8Array;
  /** Lowest, highest and spoken protocol of memberlist, then the same of Serf. */
  readonly versions: Uint8Array;
}

export interface UserMessage {
  readonly type: "user";
  readonly bytes: Uint8Array;
}

/** One message that is no wrapper around others. */
export type Message = Ping | IndirectPing | Ack | Nack | Suspect | Dead | Alive | UserMessage;

const uint32Max = 0xffff_ffff;
/** The last incarnation that a message can carry. */
export const incarnationMax: number = uint32Max;
const portMax = 65_535;

/**
 * Accusations of later incarnations are nobody's honest count. Whoever is so accused contradicts it, but no other believes
 * it: the last number that is believed would else be one that cannot be contradicted.
 */
export const accusedIncarnationMax: number = 0xffff_ff00;

/** Decodes one bare message. Undefined when it is malformed or of a type that datagrams do not carry. */
export function decodeMessage(bytes: Uint8Array): Message | undefined {
  const type = bytes[0];
  if (type === messageType.user) return { type: "user", bytes: bytes.subarray(1) };
  const fields = readFields(bytes, 1);
  if (fields === undefined) return undefined;
  const message = readMessage(type, fields);
  return fields.failed ? undefined : message;
}

function readMessage(type: number | undefined, fields: Fields): Message | undefined {
  switch (type) {
    case messageType.ping:
      return { type: "ping", sequence: readSequence(fields), node: fields.exactText("Node"), ...readSource(fields) };
    case messageType.indirectPing:
      return {
        type: "indirect-ping",
        sequence: readSequence(fields),
        target: fields.bytes("Target"),
        port: fields.uint("Port", portMax),
        node: fields.exactText("Node"),
        nack: fields.flag("Nack"),
        ...readSource(fields),
      };
    case messageType.ack:
      return { type: "ack", sequence: readSequence(fields), payload: fields.bytes("Payload") };
    case messageType.nack:
      return { type: "nack", sequence: readSequence(fields) };
    case messageType.suspect:
      return { type: "suspect", ...readAccusation(fields) };
    case messageType.dead:
      return { type: "dead", ...readAccusation(fields) };
    case messageType.alive:
      return readAlive(fields, "Node");
    default:
      return undefined;
  }
}

function readSequence(fields: Fields): number {
  return fields.uint("SeqNo", uint32Max);
}

function readSource(fields: Fields): PingSource {
  return {
    sourceAddress: fields.bytes("SourceAddr"),
    sourcePort: fields.uint("SourcePort", portMax),
    sourceName: fields.text("SourceNode"),
  };
}

function readAccusation(fields: Fields): { incarnation: number; node: string; from: string } {
  return {
    incarnation: fields.uint("Incarnation", uint32Max),
    node: readName(fields, "Node"),
    from: readAccuser(fields),
  };
}

/** Kept with the accusation, and passed on with it: as short as every name. */
function readAccuser(fields: Fields): string {
  if (fields.bytes("From").length > nodeNameBytesMax) fields.failed = true;
  return fields.exactText("From");
}

function readName(fields: Fields, field: "Node" | "Name"): string {
  const length = fields.bytes(field).length;
  if (length === 0 || length > nodeNameBytesMax) fields.failed = true;
  return fields.exactText(field);
}

function readAlive(fields: Fields, nameField: "Node" | "Name"): Alive {
  const alive: Alive = {
    type: "alive",
    incarnation: fields.uint("Incarnation", uint32Max),
    node: readName(fields, nameField),
    // Copies: the node table keeps these long after the datagram's memory should be free.
    address: fields.bytes("Addr").slice(),
    port: fields.uint("Port", portMax),
    meta: fields.bytes("Meta").slice(),
    versions: fields.bytes("Vsn").slice(),
  };
  const addressBytes = alive.address.length;
  if ((addressBytes !== 4 && addressBytes !== 16) || alive.meta.length > metaBytesMax) fields.failed = true;
  return alive;
}

/** Encodes one bare message, its type byte first. */
export function encodeMessage(message: Message): Uint8Array {
  switch (message.type) {
    case "ping":
      return typed(messageType.ping, { Node: message.node, SeqNo: message.sequence, ...sourceFields(message) });
    case "indirect-ping":
      return typed(messageType.indirectPing, {
        Nack: message.nack,
        Node: message.node,
        Port: message.port,
        SeqNo: message.sequence,
        Target: message.target,
        ...sourceFields(message),
      });
    case "ack":
      return typed(messageType.ack, { Payload: orNil(message.payload), SeqNo: message.sequence });
    case "nack":
      return typed(messageType.nack, { SeqNo: message.sequence });
    case "suspect":
      return typed(messageType.suspect, accusationFields(message));
    case "dead":
      return typed(messageType.dead, accusationFields(message));
    case "alive":
      return typed(messageType.alive, { Node: message.node, ...nodeFields(message) });
    case "user":
      return concat([Uint8Array.of(messageType.user), message.bytes]);
    default:
      return message satisfies never;
  }
}

function typed(type: number, fields: { readonly [field: string]: Encodable }): Uint8Array {
  return concat([Uint8Array.of(type), encodeMsgpack(fields)]);
}

function orNil(bytes: Uint8Array): Uint8Array | null {
  return bytes.length === 0 ? null : bytes;
}

function sourceFields(source: PingSource): { readonly [field: string]: Encodable } {
  const fields: { [field: string]: Encodable } = {};
  if (source.sourceAddress.length > 0) fields["SourceAddr"] = source.sourceAddress;
  if (source.sourcePort !== 0) fields["SourcePort"] = source.sourcePort;
  if (source.sourceName !== "") fields["SourceNode"] = source.sourceName;
  return fields;
}

function accusationFields(message: Suspect | Dead): { readonly [field: string]: Encodable } {
  return { From: message.from, Incarnation: message.incarnation, Node: message.node };
}

function nodeFields(alive: Alive): { readonly [field: string]: Encodable } {
  return {
    Addr: alive.address,
    Incarnation: alive.incarnation,
    Meta: orNil(alive.meta),
    Port: alive.port,
    Vsn: alive.versions,
  };
}

/** How a push/pull writes where a node stands. */
export type NodeState = "alive" | "suspect" | "dead" | "left";
const nodeStates: readonly NodeState[] = ["alive", "suspect", "dead", "left"];

/** One node of a push/pull: what an alive message says, and where it stands. */
export interface RemoteNode {
  readonly alive: Alive;
  readonly state: NodeState;
}

export interface PushPull {
  readonly type: "push-pull";
  readonly join: boolean;
  readonly nodes: readonly RemoteNode[];
  /** Nodes that cannot be taken over, such as one whose name is no UTF-8: they were left out. */
  readonly nodesLeftOut?: number;
  /** What the layer above exchanges. */
  readonly userState: Uint8Array;
}

/** Encodes a whole push/pull, its type byte first. */
export function encodePushPull(pushPull: PushPull): Uint8Array {
  const header = { Join: pushPull.join, Nodes: pushPull.nodes.length, UserStateLen: pushPull.userState.length };
  const parts = [typed(messageType.pushPull, header)];
  for (const { alive, state } of pushPull.nodes) {
    parts.push(encodeMsgpack({ Name: alive.node, State: nodeStates.indexOf(state), ...nodeFields(alive) }));
  }
  parts.push(pushPull.userState);
  return concat(parts);
}

/** The counts that a push/pull begins with; undefined when they are malformed or beyond the limits. */
export function readPushPullHeader(
  value: Value,
): { readonly join: boolean; readonly nodes: number; readonly userStateBytes: number } | undefined {
  const fields = new Fields(value);
  const header = {
    join: fields.flag("Join"),
    nodes: fields.uint("Nodes", pushPullNodesMax),
    userStateBytes: fields.uint("UserStateLen", userStateBytesMax),
  };
  return fields.failed ? undefined : header;
}

/** Nodes of one push/pull and bytes of its user state, as memberlist 0.6.0 limits them. */
export const pushPullNodesMax = 1_048_576;
export const userStateBytesMax = 20_971_520;

/** One node of a push/pull; undefined when it cannot be taken over. */
export function readRemoteNode(value: Value): RemoteNode | undefined {
  const fields = new Fields(value);
  const alive = readAlive(fields, "Name");
  const state = nodeStates[fields.uint("State", nodeStates.length - 1)];
  return fields.failed || state === undefined ? undefined : { alive, state };
}

/** Encodes an error reply: the only message that says why a stream was refused. */
export function encodeError(text: string): Uint8Array {
  return typed(messageType.error, { Error: text });
}

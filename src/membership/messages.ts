/** Serf's messages: one type byte, then one msgpack map. memberlist carries them as user messages. */
import { concat } from "../base/mod.ts";
import {
  type Encodable,
  encodeMsgpack,
  exactTextOf,
  Fields,
  MsgpackReader,
  nodeNameBytesMax,
  readFields,
  type Value,
} from "../gossip/mod.ts";

/** The first byte of every message. Peers know these numbers: append, never change. */
export const serfType = {
  leave: 0,
  join: 1,
  pushPull: 2,
  userEvent: 3,
  query: 4,
  queryResponse: 5,
  conflictResponse: 6,
  keyRequest: 7,
  keyResponse: 8,
  relay: 9,
} as const;

/** Bits of a query's flags. In a response the first marks an ack. */
export const queryFlag = { ack: 1, noBroadcast: 2 } as const;

export interface JoinIntent {
  readonly type: "join";
  readonly lamport: number;
  readonly node: string;
}

export interface LeaveIntent {
  readonly type: "leave";
  readonly lamport: number;
  readonly node: string;
  /** Forget the member altogether. */
  readonly prune: boolean;
}

export interface UserEvent {
  readonly type: "user-event";
  readonly lamport: number;
  readonly name: string;
  readonly payload: Uint8Array;
  readonly coalesce: boolean;
}

export interface Query {
  readonly type: "query";
  readonly lamport: number;
  readonly id: number;
  readonly address: Uint8Array;
  readonly port: number;
  readonly sourceNode: string;
  readonly filters: readonly Uint8Array[];
  readonly flags: number;
  readonly relayFactor: number;
  readonly timeoutMs: number;
  readonly name: string;
  readonly payload: Uint8Array;
}

export interface QueryResponse {
  readonly type: "query-response";
  readonly lamport: number;
  readonly id: number;
  readonly from: string;
  readonly flags: number;
  readonly payload: Uint8Array;
}

/** A message to pass on to one node. */
export interface Relay {
  readonly type: "relay";
  readonly ip: Uint8Array;
  readonly port: number;
  readonly destination: string;
  /** The message, its type byte first. */
  readonly inner: Uint8Array;
}

/** The whole state of a node, exchanged in push/pulls. */
export interface SerfState {
  readonly type: "state";
  readonly lamport: number;
  readonly statusLamports: ReadonlyMap<string, number>;
  readonly leftMembers: readonly string[];
  readonly eventLamport: number;
  readonly events: readonly { readonly lamport: number; readonly name: string; readonly payload: Uint8Array }[];
  readonly queryLamport: number;
}

export type SerfMessage = JoinIntent | LeaveIntent | UserEvent | Query | QueryResponse | Relay | SerfState;

const uint32Max = 0xffff_ffff;
const portMax = 65_535;

/** The longest wait that a number of nanoseconds can say: what asks for more gets this much. */
const timeoutMsMax = Math.floor(Number.MAX_SAFE_INTEGER / 1_000_000);

/** Events of one state: what is beyond finds no room among the recent ones anyway. */
const stateEventsMax = 32_768;

/** Values of one state: those of eighty thousand members. */
const stateItemsMax = 262_144;

/** Decodes one message. Undefined when it is malformed or of a type that is not known. */
export function decodeSerfMessage(bytes: Uint8Array): SerfMessage | undefined {
  if (bytes[0] === serfType.relay) return readRelay(bytes);
  const fields = bytes[0] === serfType.pushPull ? readFields(bytes, 1, stateItemsMax) : readFields(bytes, 1);
  if (fields === undefined) return undefined;
  const message = readMessage(bytes[0], fields);
  return fields.failed ? undefined : message;
}

function readMessage(type: number | undefined, fields: Fields): SerfMessage | undefined {
  const lamport = fields.count("LTime");
  switch (type) {
    case serfType.join:
      return { type: "join", lamport, node: readName(fields) };
    case serfType.leave:
      return { type: "leave", lamport, node: readName(fields), prune: fields.flag("Prune") };
    case serfType.userEvent:
      return {
        type: "user-event",
        lamport,
        name: fields.exactText("Name"),
        payload: fields.bytes("Payload").slice(),
        coalesce: fields.flag("CC"),
      };
    case serfType.query:
      return readQuery(fields, lamport);
    case serfType.queryResponse:
      return {
        type: "query-response",
        lamport,
        id: fields.uint("ID", uint32Max),
        from: fields.exactText("From"),
        flags: fields.uint("Flags", uint32Max),
        payload: fields.bytes("Payload"),
      };
    case serfType.pushPull:
      return readState(fields, lamport);
    default:
      return undefined;
  }
}

/** Who is meant: intents about nodes that are not known yet are kept, so that their names are bounded. */
function readName(fields: Fields): string {
  if (fields.bytes("Node").length > nodeNameBytesMax) fields.failed = true;
  return fields.exactText("Node");
}

function readQuery(fields: Fields, lamport: number): Query {
  const filters: Uint8Array[] = [];
  for (const filter of fields.list("Filters")) {
    if (filter instanceof Uint8Array) filters.push(filter);
    else fields.failed = true;
  }
  return {
    type: "query",
    lamport,
    id: fields.uint("ID", uint32Max),
    address: fields.bytes("Addr"),
    port: fields.uint("Port", portMax),
    sourceNode: fields.text("SourceNode"),
    filters,
    flags: fields.uint("Flags", uint32Max),
    relayFactor: fields.uint("RelayFactor", 255),
    timeoutMs: Math.min(timeoutMsMax, Math.floor(fields.count("Timeout") / 1_000_000)),
    name: fields.exactText("Name"),
    payload: fields.bytes("Payload"),
  };
}

/**
 * What cannot be taken over, such as a name that is no UTF-8, is left out: one odd member of the cluster must not keep
 * all the others' news from this node.
 */
function readState(fields: Fields, lamport: number): SerfState {
  const statusLamports = new Map<string, number>();
  for (const [name, time] of fields.map("StatusLTimes")) {
    if (typeof time === "number" && isWholeCount(time) && isName(name)) statusLamports.set(name, time);
  }
  const leftMembers: string[] = [];
  for (const value of fields.list("LeftMembers")) {
    const name = exactTextOf(value);
    if (name !== undefined && isName(name)) leftMembers.push(name);
  }
  return {
    type: "state",
    lamport,
    statusLamports,
    leftMembers,
    eventLamport: fields.count("EventLTime"),
    events: readEvents(fields),
    queryLamport: fields.count("QueryLTime"),
  };
}

function isWholeCount(time: number): boolean {
  return time >= 0 && (Number.isInteger(time) || time === Number.POSITIVE_INFINITY);
}

/** A letter takes a byte at least. */
function isName(name: string): boolean {
  return name.length > 0 && name.length <= nodeNameBytesMax;
}

/** The ring of recent events, nil where a slot is empty. */
function readEvents(fields: Fields): SerfState["events"] {
  const events: { lamport: number; name: string; payload: Uint8Array }[] = [];
  for (const slot of fields.list("Events")) {
    if (slot === null) continue;
    const slotFields = new Fields(slot);
    const lamport = slotFields.count("LTime");
    if (slotFields.failed) continue;
    for (const event of slotFields.list("Events")) {
      const eventFields = new Fields(event);
      const [name, payload] = [eventFields.exactText("Name"), eventFields.bytes("Payload").slice()];
      if (!eventFields.failed) events.push({ lamport, name, payload });
      if (events.length >= stateEventsMax) return events;
    }
  }
  return events;
}

function readRelay(bytes: Uint8Array): Relay | undefined {
  const reader = new MsgpackReader(bytes, 1);
  const header = new Fields(reader.value());
  if (reader.fault !== undefined || header.failed) return undefined;
  const address = new Fields(header.map("DestAddr") as Value);
  const relay: Relay = {
    type: "relay",
    ip: address.bytes("IP"),
    port: address.uint("Port", portMax),
    destination: header.text("DestName"),
    inner: bytes.subarray(reader.at),
  };
  return header.failed || address.failed ? undefined : relay;
}

/** Encodes one message, its type byte first. */
export function encodeSerfMessage(message: SerfMessage): Uint8Array {
  switch (message.type) {
    case "join":
      return typed(serfType.join, { LTime: message.lamport, Node: message.node });
    case "leave":
      return typed(serfType.leave, { LTime: message.lamport, Node: message.node, Prune: message.prune });
    case "user-event": {
      const { lamport, name, payload, coalesce } = message;
      return typed(serfType.userEvent, { CC: coalesce, LTime: lamport, Name: name, Payload: orNil(payload) });
    }
    case "query":
      return encodeQuery(message);
    case "query-response":
      return typed(serfType.queryResponse, {
        Flags: message.flags,
        From: message.from,
        ID: message.id,
        LTime: message.lamport,
        Payload: orNil(message.payload),
      });
    case "relay": {
      const header = { DestAddr: { IP: message.ip, Port: message.port, Zone: "" }, DestName: message.destination };
      return concat([typed(serfType.relay, header), message.inner]);
    }
    case "state":
      return encodeState(message);
    default:
      return message satisfies never;
  }
}

function encodeQuery(query: Query): Uint8Array {
  return typed(serfType.query, {
    Addr: query.address,
    Filters: query.filters.length === 0 ? null : query.filters,
    Flags: query.flags,
    ID: query.id,
    LTime: query.lamport,
    Name: query.name,
    Payload: orNil(query.payload),
    Port: query.port,
    RelayFactor: query.relayFactor,
    SourceNode: query.sourceNode,
    Timeout: query.timeoutMs * 1_000_000,
  });
}

function encodeState(state: SerfState): Uint8Array {
  const slots = new Map<number, { Name: string; Payload: Uint8Array | null }[]>();
  for (const { lamport, name, payload } of state.events) {
    const slot = slots.get(lamport) ?? [];
    slot.push({ Name: name, Payload: orNil(payload) });
    slots.set(lamport, slot);
  }
  return typed(serfType.pushPull, {
    EventLTime: state.eventLamport,
    Events: [...slots].map(([lamport, events]) => ({ Events: events, LTime: lamport })),
    LTime: state.lamport,
    LeftMembers: state.leftMembers,
    QueryLTime: state.queryLamport,
    StatusLTimes: state.statusLamports,
  });
}

function typed(type: number, fields: { readonly [field: string]: Encodable }): Uint8Array {
  return concat([Uint8Array.of(type), encodeMsgpack(fields)]);
}

function orNil(bytes: Uint8Array): Uint8Array | null {
  return bytes.length === 0 ? null : bytes;
}

/** What a node answers over Serf's agent RPC. Byte fields go out as bin, which this protocol has and gossip has not. */
import { concat, ipToBytes } from "../base/mod.ts";
import { Bin, type Coordinate, type Encodable, encodeMsgpack, Float64 } from "../gossip/mod.ts";
import type { AgentCommand } from "./agent_rpc_requests.ts";
import type { Member, MemberEvent, UserEventNotice } from "./types.ts";

/** The errors of the protocol itself, in the words that its clients know. */
export const agentRpcError = {
  unsupportedCommand: "Unsupported command",
  unsupportedVersion: "Unsupported IPC version",
  handshakeRequired: "Handshake required",
  handshakeRepeated: "Handshake already performed",
  authRequired: "Authentication required",
  authRefused: "Invalid authentication token",
  seqInUse: "Stream with given sequence exists",
  monitorExists: "Monitor already exists",
  filterInvalid: "Invalid event filter",
  queryUnknown: "No pending queries matching ID",
} as const;

/** The only version of the protocol that there is. */
export const agentRpcVersion = 1;

export type ReplyBody = { readonly [field: string]: Encodable };

/** A header with the number of the request, an error that is empty when all is well, and a body if the command has one. */
export function encodeReply(seq: number, error: string, body?: ReplyBody): Uint8Array {
  const header = encodeMsgpack({ Error: error, Seq: seq });
  return body === undefined ? header : concat([header, encodeMsgpack(body)]);
}

/** What stands for the body of a command that failed: its clients read one all the same. */
export function emptyBody(command: AgentCommand): ReplyBody | undefined {
  switch (command) {
    case "join":
      return { Num: 0 };
    case "members":
    case "members-filtered":
      return { Members: [] };
    case "install-key":
    case "use-key":
    case "remove-key":
    case "list-keys":
      return keysBody({ nodes: 0, answered: 0, errors: new Map() });
    case "get-coordinate":
      return { Coord: null, Ok: false };
    case "stats":
      return {};
    default:
      return undefined;
  }
}

/** What nodes say about the version of gossip and of Serf's messages: lowest, highest and current of each. */
const versionFields = ["ProtocolMin", "ProtocolMax", "ProtocolCur", "DelegateMin", "DelegateMax", "DelegateCur"];

export function memberBody(member: Member, versions: Uint8Array): ReplyBody {
  const body: { [field: string]: Encodable } = {
    Addr: new Bin(ipToBytes(member.address.host) ?? new Uint8Array(0)),
    Name: member.name,
    Port: member.address.port,
    Status: member.status,
    Tags: member.tags,
  };
  for (const [index, field] of versionFields.entries()) body[field] = versions[index] ?? 0;
  return body;
}

export function coordinateBody(coordinate: Coordinate | undefined): ReplyBody {
  if (coordinate === undefined) return { Coord: null, Ok: false };
  const fields = {
    Adjustment: new Float64(coordinate.adjustment),
    Error: new Float64(coordinate.error),
    Height: new Float64(coordinate.height),
    Vec: coordinate.vector.map((value) => new Float64(value)),
  };
  return { Coord: fields, Ok: true };
}

export function keysBody(result: {
  readonly nodes: number;
  readonly answered: number;
  readonly errors: ReadonlyMap<string, string>;
  readonly keys?: ReadonlyMap<string, number>;
}): ReplyBody {
  const { nodes, answered, errors, keys } = result;
  const body = { Messages: errors, NumErr: errors.size, NumNodes: nodes, NumResp: answered };
  return keys === undefined ? body : { ...body, Keys: keys };
}

/** What a client is told of a query that it asked. */
export function queryRecord(type: "ack" | "response" | "done", from = "", payload?: Uint8Array): ReplyBody {
  return { From: from, Payload: payload === undefined ? null : new Bin(payload), Type: type };
}

export function memberEventRecord({ type }: MemberEvent, members: readonly ReplyBody[]): ReplyBody {
  return { Event: type, Members: members };
}

export function userEventRecord({ name, payload, coalesce, lamport }: UserEventNotice): ReplyBody {
  return { Coalesce: coalesce, Event: "user", LTime: lamport, Name: name, Payload: new Bin(payload) };
}

/** A query that a client may answer by the id. */
export function queryNoticeRecord(
  id: number,
  query: { name: string; payload: Uint8Array; lamport: number },
): ReplyBody {
  const { name, payload, lamport } = query;
  return { Event: "query", ID: id, LTime: lamport, Name: name, Payload: new Bin(payload) };
}

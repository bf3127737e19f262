/** A directory made of lists, and questions and answers as the package that everybody uses reads them. */
import { Buffer } from "node:buffer";
import packet, { type Answer, type DecodedPacket, type RecordType } from "dns-packet";
import { Random, type ServiceInstance } from "../../src/base/mod.ts";
import { type DnsDirectory, type DnsNode, type DnsOptions, DnsResponder } from "../../src/dns/mod.ts";

export function instance(fields: Partial<ServiceInstance> & Pick<ServiceInstance, "name">): ServiceInstance {
  return {
    ...{ id: fields.name, node: "n1", address: "10.0.0.1", port: 8_080, tags: [], metadata: {} },
    ...{ state: "passing", checks: [], sinceMs: 0 },
    ...fields,
  };
}

export function node(name: string, address: string, more: Partial<DnsNode> = {}): DnsNode {
  return { name, address, isAlive: true, rpc: undefined, tags: new Map(), ...more };
}

export interface Listed {
  readonly services?: readonly ServiceInstance[];
  readonly nodes?: readonly DnsNode[];
  readonly isReady?: boolean;
}

export function directoryOf({ services = [], nodes = [], isReady = true }: Listed): DnsDirectory {
  return {
    isReady,
    services: (name) => services.filter((each) => each.name.toLowerCase() === name),
    nodes: (name) => nodes.filter((each) => each.name.toLowerCase() === name),
    isAboveNodes: (name) => nodes.some((each) => each.name.toLowerCase().endsWith(`.${name}`)),
  };
}

export function responderOf(listed: Listed, options: Partial<DnsOptions> = {}): DnsResponder {
  return new DnsResponder({ serverIp: "127.0.0.1", ...options }, directoryOf(listed), new Random(1));
}

export interface AskOptions {
  readonly id?: number;
  /** Bytes that the asker says to take; without, it does not speak EDNS. */
  readonly udpBytes?: number;
  readonly over?: "udp" | "tcp";
  readonly class?: "IN" | "CH" | "ANY";
}

export function queryOf(name: string, type: string, options: AskOptions = {}): Uint8Array {
  const { id = 4_242, udpBytes } = options;
  return packet.encode({
    ...{ type: "query", id, flags: packet.RECURSION_DESIRED },
    questions: [{ name, type: type as RecordType, class: options.class ?? "IN" }],
    ...(udpBytes !== undefined && {
      additionals: [
        {
          type: "OPT",
          name: ".",
          udpPayloadSize: udpBytes,
          extendedRcode: 0,
          ednsVersion: 0,
          flags: 0,
          flag_do: false,
          options: [],
        },
      ],
    }),
  });
}

export type Reply = DecodedPacket & { readonly rcode: string; readonly bytes: Uint8Array };

export function decode(bytes: Uint8Array): Reply {
  const found = packet.decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)) as Reply;
  return { ...found, bytes };
}

export function ask(responder: DnsResponder, name: string, type: string, options: AskOptions = {}): Reply {
  const bytes = responder.answer(queryOf(name, type, options), options.over ?? "udp");
  if (bytes === undefined) throw new Error(`Cannot read the answer for ${name}: there is none`);
  return decode(bytes);
}

/** Records as lines, in the order of their text: `web.service.grapevine 0 A 10.0.0.1`. */
export function linesOf(records: readonly Answer[] | undefined): string[] {
  return (records ?? [])
    .filter(({ type }) => type !== "OPT")
    .map((record) => {
      const { name, type, ttl, data } = record as { name: string; type: string; ttl: number; data: unknown };
      return `${name} ${ttl} ${type} ${dataText(data)}`;
    })
    .sort();
}

function dataText(data: unknown): string {
  if (typeof data === "string") return data;
  if (Array.isArray(data)) return data.map(String).join(",");
  const { priority, weight, port, target, mname, rname, minimum, cpu } = data as Record<string, unknown>;
  if (target !== undefined) return `${priority} ${weight} ${port} ${target}`;
  return cpu === undefined ? `${mname} ${rname} ${minimum}` : `${cpu}`;
}

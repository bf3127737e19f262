import { isIP } from "node:net";
import { type Address, formatAddress, parseAddress, type ServiceDefinition } from "../base/mod.ts";
import { parseKey } from "../gossip/mod.ts";
import type { LogOptions } from "../log/mod.ts";
import type { ResolvedService } from "../registry/mod.ts";
import {
  addressesOfInterface,
  type ClusterOptions,
  clusterOptionFault,
  clusterOptionNames,
  interfaceNames,
} from "./cluster_options.ts";
import { type CorsSettings, corsSettingFault } from "./cors_options.ts";
import {
  type DnsSettings,
  dnsSettingFault,
  dnsSettingNames,
  dnsSettingsOf,
  type ResolvedDnsSettings,
} from "./dns_options.ts";
import { type EventHandlerSpec, InvalidEventHandlerError, parseEventHandler } from "./event_handlers.ts";
import { type LogSettings, logOptionsOf, logSettingFault, logSettingNames } from "./log_settings.ts";
import { servicesOption } from "./service_options.ts";

/** What a node is started with. Everything has a default: `Agent.start({})` runs a node of its own. */
export interface AgentOptions extends ClusterOptions, LogSettings, DnsSettings, CorsSettings {
  /** Name in the cluster, unique there, 1 to 128 of `A-Z a-z 0-9 . _ -`. @default the host's name and the gossip port */
  readonly nodeName?: string | undefined;
  /** Directory of the log, created when missing, owned exclusively while the node runs. @default "./grapevine-data" */
  readonly dataDir?: string | undefined;
  /** `host:port` of gossip, UDP and TCP. Port 0 picks a free one. @default "127.0.0.1:7946" */
  readonly bind?: string | undefined;
  /** IP address that other nodes reach this one at, when it differs from that of `bind`. @default the host of `bind` */
  readonly advertise?: string | undefined;
  /** `host:port` of the RPC server. Port 0 picks a free one. @default the host of `bind`, port 8400 */
  readonly rpcAddr?: string | undefined;
  /** Gossip addresses (`host:port`) of nodes to join. Retried in the background until one answers. @default [] */
  readonly join?: readonly string[] | undefined;
  /** Told to all members, 512 bytes encoded. `rpc_addr`, `gv` and `w` are the node's own. @default {} */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /**
   * The tag `role`. A node whose role is `observer` holds no topics but the cluster's own, and passes callers on to nodes
   * that do. Any other has no meaning here. @default the one among `tags`
   */
  readonly role?: string | undefined;
  /** Timing of gossip: `lan`, `wan` (slow links) or `local` (one machine). @default "lan" */
  readonly profile?: GossipProfile | undefined;
  /**
   * Encrypts gossip with this key, 16, 24 or 32 bytes in base64, as `grapevine keygen` prints them. All nodes of a
   * cluster need it. @default plain text
   */
  readonly encrypt?: string | undefined;
  /** A file of keys, a JSON array in base64 with the primary first, instead of `encrypt`. Written anew when keys change. @default none */
  readonly keyringFile?: string | undefined;
  /**
   * Find the cluster again, by what the data directory remembers of it, even after this node has left it in good order.
   * After any other stop it does so anyway. @default false
   */
  readonly rejoinAfterLeave?: boolean | undefined;
  /**
   * Programs to run for events, each `[FILTER[,FILTER...]=]COMMAND` as Serf's agents take them, but run without a shell:
   * the command is split into words once. @default []
   */
  readonly eventHandlers?: readonly string[] | undefined;
  /** When a produce is acknowledged: after fsync, or after the write. @default "always" */
  readonly fsync?: "always" | "interval" | "never" | undefined;
  /** Mint a new writer although the directory has one: say so once when it was restored from a backup. @default false */
  readonly newWriter?: boolean | undefined;
  /** IP address and port of an RPC for the `serf` command line, usually port 7373. Port 0 picks a free one. @default none */
  readonly serfRpcAddr?: string | undefined;
  /** A token that its clients must show. @default none is asked for */
  readonly serfRpcAuth?: string | undefined;
  /** Services that the node registers and checks while it runs. Those that are left out later are deregistered. @default [] */
  readonly services?: readonly ServiceDefinition[] | undefined;
  /** Take services from callers whose checks run programs. Whoever reaches the RPC port may run any, then. @default false */
  readonly allowCommandChecks?: boolean | undefined;
}

export type GossipProfile = "lan" | "wan" | "local";

/** An option that makes no sense. `allowed` says what would. */
export class InvalidAgentOptionError extends TypeError {
  override readonly name = "InvalidAgentOptionError";
  readonly code = "INVALID_OPTION";
  readonly option: string;
  readonly value: unknown;
  readonly allowed: string;

  constructor(option: string, value: unknown, allowed: string) {
    super(`Cannot use option ${option}: it is ${JSON.stringify(value)}, allowed is ${allowed}`);
    this.option = option;
    this.value = value;
    this.allowed = allowed;
  }
}

/** Tags that say where and who a node is: other code must not set them. */
export const reservedTags = ["rpc_addr", "gv", "w"] as const;

export interface ResolvedAgentOptions {
  /** Checked, and without the defaults of the layers that they are for. */
  readonly cluster: ClusterOptions;
  readonly nodeName: string | undefined;
  readonly dataDir: string;
  readonly bind: Address;
  readonly advertise: string | undefined;
  readonly rpc: Address;
  readonly join: readonly string[];
  readonly tags: ReadonlyMap<string, string>;
  readonly profile: GossipProfile;
  readonly encrypt: string | undefined;
  readonly keyringFile: string | undefined;
  readonly rejoinAfterLeave: boolean;
  readonly eventHandlers: readonly EventHandlerSpec[];
  readonly fsync: "always" | "interval" | "never";
  readonly newWriter: boolean;
  readonly corsOrigins: readonly string[] | undefined;
  readonly serfRpc: { readonly address: string; readonly auth: string | undefined } | undefined;
  readonly dns: ResolvedDnsSettings | undefined;
  readonly services: readonly ResolvedService[];
  readonly allowCommandChecks: boolean;
  /** Checked. */
  readonly log: LogOptions;
}

const gossipPortDefault = 7946;
const rpcPortDefault = 8400;
const serfRpcPortDefault = 7373;
const optionNames: ReadonlySet<string> = new Set([
  "nodeName",
  "dataDir",
  "bind",
  "advertise",
  "rpcAddr",
  "join",
  "tags",
  "role",
  "profile",
  "encrypt",
  "keyringFile",
  "rejoinAfterLeave",
  "eventHandlers",
  "fsync",
  "newWriter",
  "serfRpcAddr",
  "serfRpcAuth",
  "corsOrigins",
  "services",
  "allowCommandChecks",
  ...clusterOptionNames,
  ...logSettingNames,
  ...dnsSettingNames,
]);

/** Checks every option and fills in the defaults. Throws `InvalidAgentOptionError`. */
export function resolveAgentOptions(options: AgentOptions): ResolvedAgentOptions {
  for (const [name, value] of Object.entries(options)) {
    if (!optionNames.has(name)) throw new InvalidAgentOptionError(name, value, `one of ${[...optionNames].join(", ")}`);
  }
  const bind = interfaceOption(options.iface, bindOption(options.bind ?? defaultBindOf(options)), options.bind);
  return {
    cluster: clusterOptions(options),
    nodeName: matching("nodeName", options.nodeName, /^[A-Za-z0-9._-]{1,128}$/, "1 to 128 of A-Z a-z 0-9 . _ -"),
    dataDir: nonEmpty("dataDir", options.dataDir ?? "./grapevine-data"),
    bind,
    advertise: ipOption(options.advertise),
    rpc: addressOption("rpcAddr", options.rpcAddr ?? hostOf(bind), rpcPortDefault),
    join: (options.join ?? []).map((text) => joinOption(text, bind)),
    tags: tagsOption(options),
    profile: oneOf("profile", options.profile ?? "lan", ["lan", "wan", "local"]),
    ...keyOptions(options),
    rejoinAfterLeave: booleanOption("rejoinAfterLeave", options.rejoinAfterLeave ?? false),
    eventHandlers: checkedHandlers(options.eventHandlers ?? []),
    fsync: oneOf("fsync", options.fsync ?? "always", ["always", "interval", "never"]),
    newWriter: booleanOption("newWriter", options.newWriter ?? false),
    serfRpc: serfRpcOption(options),
    corsOrigins: checkedOrigins(options),
    dns: dnsOption(options),
    services: checkedServices(options.services ?? []),
    allowCommandChecks: booleanOption("allowCommandChecks", options.allowCommandChecks ?? false),
    log: logOptions(options),
  };
}

/** With an interface the address follows from that. */
function defaultBindOf({ iface }: AgentOptions): string {
  return iface === undefined ? "127.0.0.1:7946" : "0.0.0.0:7946";
}

/** An interface says the address, unless `bind` says one that it has. */
function interfaceOption(iface: string | undefined, bind: Address, said: string | undefined): Address {
  if (iface === undefined) return bind;
  const addresses = addressesOfInterface(iface);
  if (addresses === undefined)
    throw new InvalidAgentOptionError("iface", iface, `one of ${interfaceNames().join(", ")}`);
  const isAny = bind.host === "0.0.0.0" || bind.host === "::";
  const host = addresses.find((address) =>
    isAny ? address.includes(":") === bind.host.includes(":") : address === bind.host,
  );
  if (host !== undefined) return { host, port: bind.port };
  const found = addresses.length === 0 ? "no address" : `only ${addresses.join(", ")}`;
  throw new InvalidAgentOptionError(
    "iface",
    iface,
    `an interface that has an address for bind ${said ?? "0.0.0.0"}: it has ${found}`,
  );
}

function dnsOption(options: AgentOptions): ResolvedDnsSettings | undefined {
  const fault = dnsSettingFault(options);
  if (fault !== undefined) throw new InvalidAgentOptionError(fault.option, fault.value, fault.allowed);
  return dnsSettingsOf(options);
}

function logOptions(options: AgentOptions): LogOptions {
  const fault = logSettingFault(options);
  if (fault !== undefined) throw new InvalidAgentOptionError(fault.option, fault.value, fault.allowed);
  return logOptionsOf(options);
}

function checkedServices(given: unknown): readonly ResolvedService[] {
  const services = servicesOption(given);
  if (!("option" in services)) return services;
  throw new InvalidAgentOptionError(services.option, services.value, services.allowed);
}

function clusterOptions(options: AgentOptions): ClusterOptions {
  const fault = clusterOptionFault(options);
  if (fault !== undefined) throw new InvalidAgentOptionError(fault.option, fault.value, fault.allowed);
  if (options.tagsFile !== undefined && Object.keys(options.tags ?? {}).length > 0) {
    throw new InvalidAgentOptionError("tagsFile", options.tagsFile, "nothing, because tags are given too");
  }
  const picked = Object.fromEntries(Object.entries(options).filter(([name]) => clusterOptionNames.includes(name)));
  return { ...picked, ...(options.discover !== undefined && { mdnsIface: options.mdnsIface ?? options.iface }) };
}

/** What is wrong with a key is told without showing it. */
function keyOptions({ encrypt, keyringFile }: AgentOptions): Pick<ResolvedAgentOptions, "encrypt" | "keyringFile"> {
  if (encrypt !== undefined && keyringFile !== undefined) {
    throw new InvalidAgentOptionError("keyringFile", keyringFile, "nothing, because encrypt is given too");
  }
  try {
    if (encrypt !== undefined) parseKey(encrypt);
  } catch (error) {
    const allowed = `a key of 16, 24 or 32 bytes in base64: ${(error as Error).message}`;
    throw new InvalidAgentOptionError("encrypt", "(not shown)", allowed);
  }
  return { encrypt, keyringFile: keyringFile === undefined ? undefined : nonEmpty("keyringFile", keyringFile) };
}

function hostOf(address: Address): string {
  return address.host.includes(":") ? `[${address.host}]` : address.host;
}

function addressOption(option: string, text: unknown, defaultPort: number): Address {
  const address = typeof text === "string" ? parseAddress(text, defaultPort) : undefined;
  if (address === undefined) throw new InvalidAgentOptionError(option, text, "host, host:port or [ipv6]:port");
  return address;
}

/** Gossip tells others the address that it is bound to, so that a name will not do. */
function bindOption(text: string): Address {
  const address = addressOption("bind", text, gossipPortDefault);
  if (isIP(address.host) !== 0) return address;
  throw new InvalidAgentOptionError("bind", text, "ip, ip:port or [ipv6]:port");
}

/** From a loopback address no other machine can be reached, and none can answer. */
function joinOption(text: string, bind: Address): string {
  const { host } = addressOption("join", text, gossipPortDefault);
  const isAddress = /^[0-9.]+$/.test(host) || host.includes(":");
  if (isLoopback(bind.host) && isAddress && !isLoopback(host)) {
    const allowed = `an address of this machine, because bind is ${formatAddress(bind)}; bind to an address that others reach`;
    throw new InvalidAgentOptionError("join", text, allowed);
  }
  return text;
}

function isLoopback(host: string): boolean {
  return host.startsWith("127.") || host === "::1";
}

/** Throws `InvalidAgentOptionError`. */
export function checkedHandlers(texts: readonly string[]): EventHandlerSpec[] {
  return texts.map(eventHandlerOption);
}

function eventHandlerOption(text: string): EventHandlerSpec {
  try {
    return parseEventHandler(text);
  } catch (error) {
    if (!(error instanceof InvalidEventHandlerError)) throw error;
    throw new InvalidAgentOptionError("eventHandlers", text, `[FILTER[,FILTER...]=]COMMAND, but ${error.problem}`);
  }
}

function checkedOrigins({ corsOrigins }: AgentOptions): readonly string[] | undefined {
  const fault = corsSettingFault(corsOrigins);
  if (fault === undefined) return corsOrigins;
  throw new InvalidAgentOptionError("corsOrigins", fault.value, fault.allowed);
}

function ipOption(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (isIP(text) !== 0) return text;
  throw new InvalidAgentOptionError("advertise", text, "an IP address without a port");
}

function matching(option: string, text: string | undefined, pattern: RegExp, allowed: string): string | undefined {
  if (text !== undefined && !(typeof text === "string" && pattern.test(text))) {
    throw new InvalidAgentOptionError(option, text, allowed);
  }
  return text;
}

function nonEmpty(option: string, text: string): string {
  if (typeof text !== "string" || text === "") throw new InvalidAgentOptionError(option, text, "a path");
  return text;
}

function tagsOption({ tags = {}, role }: AgentOptions): Map<string, string> {
  if (role === undefined) return checkedTags("tags", tags);
  if (typeof role !== "string" || role === "") throw new InvalidAgentOptionError("role", role, "a text");
  if (tags["role"] === undefined || tags["role"] === role) return checkedTags("tags", { ...tags, role });
  throw new InvalidAgentOptionError("role", role, `${JSON.stringify(tags["role"])}, which is the tag of this name`);
}

function booleanOption(option: string, value: boolean): boolean {
  if (typeof value !== "boolean") throw new InvalidAgentOptionError(option, value, "true or false");
  return value;
}

function serfRpcOption({ serfRpcAddr: text, serfRpcAuth: auth }: AgentOptions): ResolvedAgentOptions["serfRpc"] {
  if (auth === "") throw new InvalidAgentOptionError("serfRpcAuth", auth, "a token of a character at least");
  if (text === undefined) {
    if (auth === undefined) return undefined;
    throw new InvalidAgentOptionError("serfRpcAddr", text, "ip:port, because serfRpcAuth is given");
  }
  const address = addressOption("serfRpcAddr", text, serfRpcPortDefault);
  // A name could stand for an address that more than this machine reaches.
  if (isIP(address.host) !== 0) return { address: formatAddress(address), auth };
  throw new InvalidAgentOptionError("serfRpcAddr", text, "ip, ip:port or [ipv6]:port");
}

function oneOf<Value extends string>(option: string, value: Value, allowed: readonly Value[]): Value {
  if (!allowed.includes(value)) throw new InvalidAgentOptionError(option, value, allowed.join(", "));
  return value;
}

/** Tags that an operator may set. Throws `InvalidAgentOptionError`. */
export function checkedTags(option: string, tags: Readonly<Record<string, string>>): Map<string, string> {
  const resolved = new Map<string, string>();
  for (const [name, value] of Object.entries(tags)) {
    if (name === "" || typeof value !== "string") {
      throw new InvalidAgentOptionError(option, tags, "names with text values");
    }
    if ((reservedTags as readonly string[]).includes(name)) {
      const allowed = `any name but ${reservedTags.join(", ")}, which the node sets itself`;
      throw new InvalidAgentOptionError(option, name, allowed);
    }
    resolved.set(name, value);
  }
  return resolved;
}

/** Puts the rooms together: the only place that knows them all. */
import { setMaxListeners } from "node:events";
import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import {
  type Address,
  type DisposalStack,
  formatAddress,
  HotLoopback,
  isWriterId,
  Listeners,
  type MessageMethod,
  Random,
} from "../base/mod.ts";
import { LogClient, type ServerTransport } from "../client/mod.ts";
import { fastCrc32 } from "../io/checksum.ts";
import { systemClock } from "../io/clock.ts";
import { nodeCodecs } from "../io/codecs.ts";
import { openDirectory } from "../io/disk.ts";
import { hostAddress, hostName, programFacts, randomBytes } from "../io/host.ts";
import { PeerRpc } from "../io/peer_rpc.ts";
import { type RpcServer, startServer } from "../io/rpc_server.ts";
import { readTagsFile, writeTagsFile } from "../io/tags_file.ts";
import { type CommitLog, CursorRegistry, Log, type LogEnvironment, type LogEvent, TopicRegistry } from "../log/mod.ts";
import { type Member, type MemberEvent, TagsTooLargeError } from "../membership/mod.ts";
import {
  createHotMethods,
  createHttpSide,
  createRoutes,
  protocolVersion,
  type Routes,
  routerOptions,
  type ServerPorts,
} from "../server/mod.ts";
import { loadAssets } from "./assets.ts";
import { type ClusterOptions, coalescePeriodsOf } from "./cluster_options.ts";
import { ClusterPort } from "./cluster_port.ts";
import { openDns } from "./dns.ts";
import { EventHandlers } from "./event_handlers.ts";
import { GossipPort } from "./gossip_port.ts";
import { openGroupHomes } from "./group_homes.ts";
import { heldByPeers, type KnownOfPeers } from "./held_by_peers.ts";
import { writeLogEvent } from "./log_events.ts";
import { LogLines, logNode } from "./log_lines.ts";
import { loggerOf } from "./logging.ts";
import { MembershipNode } from "./membership_node.ts";
import { NodeMetrics } from "./metrics.ts";
import { membershipOptionsOf } from "./node_membership.ts";
import { NodeTags } from "./node_tags.ts";
import { checkedTags, InvalidAgentOptionError, type ResolvedAgentOptions } from "./options.ts";
import { Placing, placementSettleMsDefault } from "./placing.ts";
import { Readiness } from "./readiness.ts";
import { type JoinGivenUpError, Rejoiner } from "./rejoiner.ts";
import { Replication } from "./replication.ts";
import { startSerfRpc } from "./serf_rpc.ts";
import { openServices, type ServiceRegistry } from "./service_registry.ts";
import { mayProduce, waitUntilReady } from "./write_gate.ts";

/** Anything that happened in a node, as its parts tell it. */
export type NodeEvent = MemberEvent | { readonly type: "log"; readonly event: LogEvent };

/** The open parts of a node. Whoever holds the stack that they were opened with closes them. */
export interface Parts {
  readonly log: CommitLog;
  readonly membership: MembershipNode;
  readonly replication: Replication;
  readonly readiness: Readiness;
  /** A client that reaches this node without a network. */
  readonly client: LogClient;
  /** `host:port`, as other nodes reach the RPC server. */
  readonly rpcAddress: string;
  /** `host:port` of the RPC for the `serf` command line, if it was asked for. */
  readonly serfRpcAddress: string | undefined;
  /** `host:port` of its DNS, if it was asked for. */
  readonly dnsAddress: string | undefined;
  readonly events: Listeners<NodeEvent>;
  readonly handlers: EventHandlers;
  readonly nodeTags: NodeTags;
  readonly placing: Placing;
  readonly services: ServiceRegistry;
}

/** How long calls that are under way may take to end when the node stops, in milliseconds. */
const stopGraceMs = 500;

/** What the parts are opened in. */
export interface Surroundings {
  /** What an RPC may ask for. */
  readonly leave: () => Promise<void>;
  /** The lines that whoever monitors the node is shown. @default what happens to its membership */
  readonly lines?: LogLines | undefined;
}

/** Opens all parts. The node has not met anybody yet: `enterCluster` does that. */
export async function openParts(
  options: ResolvedAgentOptions,
  stack: DisposalStack,
  surroundings: Surroundings,
): Promise<Parts> {
  const { leave, lines = new LogLines(systemClock.wallMs) } = surroundings;
  const logger = loggerOf("agent");
  const onListenerError = (error: unknown): void => logger.error("a listener failed: {error}", { error });
  const events = new Listeners<NodeEvent>(onListenerError);
  const readiness = new Readiness("the node is starting", onListenerError);
  const random = new Random(randomBytes(16).join("."));
  const metrics = new NodeMetrics();
  stack.defer(() => metrics.stop());
  let heldOf: LogEnvironment["heldByPeers"];
  let heldThrough: LogEnvironment["heldThrough"];
  const known: KnownOfPeers = {
    heldByPeers: (topic) => heldOf?.(topic),
    heldThrough: (topic, writer, copies) => heldThrough?.(topic, writer, copies) ?? 0,
  };
  const log = await openNodeLog(options, { meter: metrics.meter, ...known }, stack);
  const nodeName = options.nodeName ?? defaultNodeName(options, log);
  const rpc = stack.use(new PeerRpc());
  const onKeptWarn = (message: string): void => loggerOf("log").warn("{message}", { message });
  const kept = { wallMs: systemClock.wallMs, after, onWarn: onKeptWarn };
  const nodeTags = await openNodeTags(options);
  const placing = new Placing({
    ...{ nodeName, log, clock: systemClock, logger: loggerOf("replication"), onListenerError },
    ...{ ownTags: () => nodeTags.all(), settleMs: options.cluster.placementSettleMs ?? placementSettleMsDefault },
  });
  const topics = stack.use(await TopicRegistry.open(log, { ...kept, ...placing.registryOptions }));
  const cursors = stack.use(await CursorRegistry.open(log, kept));
  const services = stack.use(await openServices({ ...options, nodeName, log }));
  const replication = stack.use(
    new Replication({
      ...{ nodeName, log, rpc, clock: systemClock, random, logger: loggerOf("replication") },
      follows: placing.follows,
      isPlacedAt: (topic, node) => placing.placements.isPlacedAt(topic, node),
    }),
  );
  stack.use(placing).open(topics, replication);
  heldOf = (topic) => heldByPeers(log, placing.peersOf(topic, replication.peers), topic);
  heldThrough = (topic, writer, copies) => replication.heldThrough(topic, writer, copies);
  const cluster = new ClusterPort(events, leave);
  const groups = openGroupHomes({ nodeName, cluster, places: placing.places }, stack);
  const gossip = new GossipPort({ tags: nodeTags, facts: programFacts(), lines });
  const ports: ServerPorts = {
    ...{ log, topics, cursors, groups, cluster, gossip, replication, readiness, services },
    ...{ clock: systemClock, codecs: nodeCodecs, doors: placing.doors },
    onInternalError: (error) => loggerOf("server").error("a call failed: {error}", { error }),
  };
  const routes = createRoutes(ports);
  const hotMethods = createHotMethods(ports, { admitProduce: () => mayProduce(readiness) });
  const server = await openServer(options, { routes, hotMethods, readiness, metrics, cluster });
  stack.defer(() => server.close(stopGraceMs));
  const rpcAddress = formatAddress({ host: rpcHost(options), port: server.port });
  let writerTold = log.writer;
  nodeTags.setFacts({ rpcAddress, protocol: protocolVersion, writer: writerTold });
  const membership = stack.use(
    await MembershipNode.start({
      ...membershipOptionsOf(options),
      name: nodeName,
      tags: nodeTags.all(),
      onEvent: (event) => {
        follow(replication, rpc, nodeName, event.member);
        placing.memberChanged(event.member);
        services.memberChanged(event);
        events.emit(event);
      },
      onWarn: (message) => loggerOf("gossip").warn("{message}", { message }),
    }).catch(explainTags),
  );
  cluster.open(membership);
  placing.start(() => membership.members());
  services.start(membership, options.services, membership.advertised.host);
  const onWarn = (message: string): void => loggerOf("events").warn("{message}", { message });
  const coalesce = coalescePeriodsOf(options.cluster);
  const handlers = stack.use(
    new EventHandlers({ handlers: options.eventHandlers, node: membership, coalesce, onWarn }),
  );
  gossip.open(membership, handlers);
  const onLogEvent = (listener: (event: LogEvent) => void): (() => void) =>
    events.add((event) => event.type === "log" && listener(event.event));
  const onDnsWarn = (message: string): void => loggerOf("dns").warn("{message}", { message });
  const isReady = (): boolean => readiness.ready;
  const dns = await openDns(options.dns, { membership, services, isReady, onWarn: onDnsWarn }, stack);
  const measured = { membership, replication, server, handlers, placing, services, dns };
  metrics.open({ log, onLogEvent, cursors, groups, ...measured });
  stack.defer(logNode(membership, lines, { warnings: surroundings.lines === undefined }));
  const serfRpcAddress = await openSerfRpc(options.serfRpc, { membership, nodeTags, leave, lines, handlers }, stack);
  stack.defer(
    log.onEvent((event) => {
      writeLogEvent(loggerOf("log"), event);
      if (event.type === "corrupt") replication.damaged(event.topic);
      if (event.type === "feed-stopped") replication.feedStopped(event.topic, event.writer);
      // The first listener is told also what happened before: that writer is in the tags.
      if (event.type === "new-writer" && event.writer !== writerTold) {
        writerTold = event.writer;
        replication.writerMinted(event.writer);
        nodeTags.setFacts({ rpcAddress, protocol: protocolVersion, writer: event.writer });
        membership.setTags(nodeTags.all());
      }
      events.emit({ type: "log", event });
    }),
  );
  // Nothing between a node and itself breaks off: what fails is the node, and is told at once.
  const inProcessOptions = { openTransport: () => inProcess(ports, routes), failover: false };
  const client = stack.use(new LogClient(["http://in-process"], inProcessOptions));
  return {
    ...{ log, membership, replication, readiness, client, rpcAddress, serfRpcAddress, dnsAddress: dns?.address },
    ...{ events, handlers, nodeTags, placing, services },
  };
}

/** What the operator says of the node: by options, or by a file that keeps what is changed later. */
async function openNodeTags({ tags, cluster: { tagsFile } }: ResolvedAgentOptions): Promise<NodeTags> {
  if (tagsFile === undefined) return new NodeTags(tags);
  const found = checkedTags("tagsFile", Object.fromEntries(await readTagsFile(tagsFile)));
  return new NodeTags(found, (changed) => {
    const problem = writeTagsFile(tagsFile, changed);
    if (problem !== undefined) loggerOf("agent").warn("{problem}", { problem });
  });
}

async function openSerfRpc(
  options: ResolvedAgentOptions["serfRpc"],
  node: Pick<Parts, "membership" | "nodeTags" | "handlers"> & Surroundings & { readonly lines: LogLines },
  stack: DisposalStack,
): Promise<string | undefined> {
  if (options === undefined) return undefined;
  const { membership, nodeTags, leave, lines, handlers } = node;
  const serfRpcOptions = {
    ...options,
    onWarn: (message: string) => loggerOf("server").warn("{message}", { message }),
    changeTags: (set: ReadonlyMap<string, string>, remove: readonly string[]) =>
      nodeTags.change(set, remove, (tags) => membership.setTags(tags)),
    stop: leave,
  };
  const serfRpc = await startSerfRpc(membership, serfRpcOptions, { lines, handlers });
  return formatAddress(stack.use(serfRpc).address);
}

/** The node's own services, called without a network. Closing it ends the calls that are under way. */
function inProcess(ports: ServerPorts, routes: Routes): ServerTransport {
  const shutdown = new AbortController();
  // Every call that is under way listens to it; Node would warn of a leak at the eleventh.
  setMaxListeners(0, shutdown.signal);
  const hot = new HotLoopback(createHotMethods(ports));
  return {
    transport: createRouterTransport(routes, { router: { ...routerOptions, shutdownSignal: shutdown.signal } }),
    hot,
    bidirectional: true,
    checksum: fastCrc32,
    codecs: nodeCodecs,
    close() {
      const reason = new ConnectError("Cannot go on: the node is stopping", Code.Unavailable);
      shutdown.abort(reason);
      hot.close(reason);
    },
  };
}

function after(delayMs: number, callback: () => void): () => void {
  return systemClock.schedule(systemClock.nowMs() + delayMs, callback);
}

async function openNodeLog(
  options: ResolvedAgentOptions,
  known: Pick<LogEnvironment, "meter"> & KnownOfPeers,
  stack: DisposalStack,
): Promise<Log> {
  const directory = stack.use(await openDirectory(options.dataDir));
  const { fsync, newWriter } = options;
  const environment = {
    randomBytes,
    wallMs: systemClock.wallMs,
    after,
    soon: (callback: () => void) => void setImmediate(callback),
    codecs: nodeCodecs,
    ...known,
  };
  const log = await Log.open(directory, { ...options.log, fsync, newWriter, checksum: fastCrc32 }, environment);
  return stack.use(log);
}

/** Stable for a data directory, and different for several nodes of one host. */
function defaultNodeName(options: ResolvedAgentOptions, log: CommitLog): string {
  return `${hostName()}-${options.bind.port === 0 ? log.writer.slice(0, 6) : options.bind.port}`;
}

/** Where others reach the RPC server: an address that binds all interfaces is none to dial. */
function rpcHost({ advertise, rpc, bind }: ResolvedAgentOptions): string {
  if (advertise !== undefined) return advertise;
  if (!bindsAll(rpc)) return rpc.host;
  return bindsAll(bind) ? hostAddress() : bind.host;
}

function bindsAll(address: Address): boolean {
  return address.host === "0.0.0.0" || address.host === "::";
}

async function openServer(
  options: ResolvedAgentOptions,
  served: {
    readonly routes: Routes;
    readonly hotMethods: readonly MessageMethod[];
    readonly readiness: Readiness;
    readonly metrics: NodeMetrics;
    readonly cluster: ClusterPort;
  },
): Promise<RpcServer> {
  const { routes, hotMethods, readiness, metrics, cluster } = served;
  const isNode = (address: string): boolean => cluster.members().some(({ tags }) => tags.get("rpc_addr") === address);
  return startServer({
    ...options.rpc,
    ...{ routes, hotMethods: metrics.calls.counted(hotMethods) },
    routerOptions: { ...routerOptions, interceptors: [metrics.calls.interceptor, waitUntilReady(readiness)] },
    http: createHttpSide({
      notReadyReason: () => readiness.reason,
      assets: await loadAssets(),
      metrics: () => metrics.text(),
      cors: { origins: options.corsOrigins, isNode },
    }),
    onCallError: (error) => loggerOf("server").debug("a call ended: {error}", { error }),
  });
}

/** How many bytes tags take is known only once the node's own are among them. */
function explainTags(error: unknown): never {
  if (!(error instanceof TagsTooLargeError)) throw error;
  const { encodedBytes, encodedBytesMax } = error;
  const allowed = `${encodedBytesMax} bytes, with the tags that the node sets itself`;
  throw new InvalidAgentOptionError("tags", `${encodedBytes} bytes encoded`, allowed);
}

/** Follows a member as long as it is alive and says that it is a node like this one. */
function follow(replication: Replication, rpc: PeerRpc, nodeName: string, member: Member): void {
  if (member.name === nodeName) return;
  const rpcAddress = member.tags.get("rpc_addr");
  const writer = member.tags.get("w");
  const isPeer = member.tags.has("gv") && rpcAddress !== undefined && writer !== undefined && isWriterId(writer);
  if (isPeer && member.status === "alive") {
    replication.follow({ name: member.name, rpcAddress, writer });
    return;
  }
  replication.unfollow(member.name);
  if (rpcAddress !== undefined) rpc.drop(rpcAddress);
}

/** How a node finds its cluster. */
export interface ClusterEntry {
  readonly seeds: readonly string[];
  readonly cluster: ClusterOptions;
  /** Hears that none of the seeds answered, as often as they were to be tried. */
  readonly onGiveUp: (error: JoinGivenUpError) => void;
}

/** How long a node waits for what its peers hold before it takes produces, in milliseconds (rule R5). */
const hearPeersMs = 2_000;

/**
 * Joins others, by the seeds and by what the node remembers, and asks them whether our writer is still ours, both for a bounded time; then the node is
 * ready. Keeps the node in company from then on.
 */
export async function enterCluster(parts: Parts, entry: ClusterEntry, stack: DisposalStack): Promise<void> {
  const { seeds, cluster, onGiveUp } = entry;
  const { membership, replication, readiness, placing, services } = parts;
  const others = (): Member[] => membership.members().filter((member) => member.name !== membership.localName);
  const rejoiner = new Rejoiner({
    ...{ membership, seeds, onGiveUp, clock: systemClock, logger: loggerOf("gossip") },
    ...{ seedsEveryMs: cluster.joinIntervalMs, seedAttemptsMax: cluster.joinAttemptsMax, replay: cluster.replay },
    failedPeers: () =>
      others()
        .filter((member) => member.status === "failed" && member.tags.has("gv"))
        .map((member) => formatAddress(member.address)),
    hasCompany: () => others().some((member) => member.status === "alive"),
  });
  stack.use(rejoiner);
  const patience = new AbortController();
  // Cleared at the end: `AbortSignal.timeout` would keep a Deno process running for as long.
  const impatience = setTimeout(() => patience.abort(), hearPeersMs);
  try {
    const joining = Promise.all([rejoiner.start(), membership.rejoined]);
    const tooLate = new Promise<void>((resolve) => patience.signal.addEventListener("abort", () => resolve()));
    await Promise.race([joining, tooLate]);
    const peers = others().filter((member) => member.status === "alive" && member.tags.has("gv"));
    await replication.hear(
      peers.map((member) => member.name),
      patience.signal,
    );
  } finally {
    clearTimeout(impatience);
  }
  placing.enter();
  services.enter();
  readiness.set(undefined);
}

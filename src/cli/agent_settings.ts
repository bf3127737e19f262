/** The table of all that `grapevine agent` can be told. */
import type { AgentOptions } from "../agent/mod.ts";
import { dnsSettings } from "./dns_settings.ts";
import { serviceSettings } from "./service_settings.ts";

/** Everything that `grapevine agent` can be told, by flag, by environment or by file. */
export interface AgentSettings extends AgentOptions {
  readonly logLevel?: (typeof logLevels)[number];
  readonly logFormat?: (typeof logFormats)[number];
  readonly role?: string;
  readonly leaveOnTerminate?: boolean;
  readonly skipLeaveOnInterrupt?: boolean;
}

export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
const logFormats = ["text", "json"] as const;

/** What a setting is: `no` is a flag that switches off what is on otherwise. */
export type Kind = "text" | "list" | "lines" | "pairs" | "yes" | "no" | "number" | "duration" | "services";

export interface Setting {
  /** Its key in the file, and in the options of the library. */
  readonly key: keyof AgentSettings;
  readonly flag: string;
  /** What stands after the flag in the help. */
  readonly value?: string;
  readonly kind: Kind;
  readonly choices?: readonly string[];
  readonly help: string;
}

export const settings: readonly Setting[] = [
  { key: "nodeName", flag: "--node-name", value: "<name>", kind: "text", help: "name in the cluster, unique there" },
  {
    key: "dataDir",
    flag: "--data-dir",
    value: "<path>",
    kind: "text",
    help: "directory of the log (default: ./grapevine-data)",
  },
  {
    key: "bind",
    flag: "--bind",
    value: "<host:port>",
    kind: "text",
    help: "address of gossip, port 0 picks a free one (default: 127.0.0.1:7946)",
  },
  {
    key: "advertise",
    flag: "--advertise",
    value: "<ip>",
    kind: "text",
    help: "IP address that others reach this node at (default: that of --bind)",
  },
  {
    key: "rpcAddr",
    flag: "--rpc-addr",
    value: "<host:port>",
    kind: "text",
    help: "address of RPC and the console page, port 0 picks a free one (default: the host of --bind, port 8400)",
  },
  {
    key: "corsOrigins",
    flag: "--cors-origin",
    value: "<origin>",
    kind: "list",
    help: "origin whose pages may call this node, or *, loopback, none; repeatable (default: loopback)",
  },
  {
    key: "join",
    flag: "--join",
    value: "<host:port>",
    kind: "list",
    help: "gossip address of a node to join, repeatable",
  },
  {
    key: "iface",
    flag: "--iface",
    value: "<name>",
    kind: "text",
    help: "network interface whose address to bind, and to discover nodes on (default: none)",
  },
  {
    key: "joinIntervalMs",
    flag: "--retry-interval",
    value: "<time>",
    kind: "duration",
    help: "how often the nodes of --join are tried until one answers (default: 1s)",
  },
  {
    key: "joinAttemptsMax",
    flag: "--retry-max",
    value: "<count>",
    kind: "number",
    help: "tries of --join after which the node stops with an error, 0 for none (default: 0)",
  },
  { key: "replay", flag: "--replay", kind: "yes", help: "be told user events from before the join" },
  {
    key: "discover",
    flag: "--discover",
    value: "<name>",
    kind: "text",
    help: "find the nodes of the same name on this network by multicast DNS (default: none)",
  },
  {
    key: "mdnsIface",
    flag: "--mdns-iface",
    value: "<name>",
    kind: "text",
    help: "network interface for --discover (default: that of --bind)",
  },
  { key: "tags", flag: "--tag", value: "<name=value>", kind: "pairs", help: "tag that all members see, repeatable" },
  {
    key: "role",
    flag: "--role",
    value: "<name>",
    kind: "text",
    help: "the same as --tag role=NAME; an observer holds nothing and passes callers on",
  },
  {
    key: "tagsFile",
    flag: "--tags-file",
    value: "<file>",
    kind: "text",
    help: "JSON file of tags instead of --tag, written anew when they change (default: none)",
  },
  {
    key: "placementSettleMs",
    flag: "--placement-settle",
    value: "<time>",
    kind: "duration",
    help: "how long a failed node keeps its place among the copies of a topic (default: 30s)",
  },
  {
    key: "profile",
    flag: "--profile",
    value: "<name>",
    kind: "text",
    choices: ["lan", "wan", "local"],
    help: "timing of gossip (default: lan)",
  },
  {
    key: "rejoinAfterLeave",
    flag: "--rejoin",
    kind: "yes",
    help: "find the cluster again even after this node has left it",
  },
  {
    key: "snapshot",
    flag: "--snapshot",
    value: "<file>",
    kind: "text",
    help: "file that remembers the cluster (default: serf.snapshot in --data-dir)",
  },
  {
    key: "eventHandlers",
    flag: "--event-handler",
    value: "<handler>",
    kind: "lines",
    help: "program to run for events, as [FILTER[,FILTER...]=]COMMAND, repeatable",
  },
  {
    key: "fsync",
    flag: "--fsync",
    value: "<when>",
    kind: "text",
    choices: ["always", "interval", "never"],
    help: "what makes a record durable before it is acknowledged (default: always)",
  },
  {
    key: "segmentBytesMax",
    flag: "--segment-bytes",
    value: "<bytes>",
    kind: "number",
    help: "bytes after which a file of the log is closed (default: 268435456)",
  },
  {
    key: "retentionBytes",
    flag: "--retention-bytes",
    value: "<bytes>",
    kind: "number",
    help: "bytes of each topic to keep, older segments are forgotten (default: all)",
  },
  {
    key: "retentionAgeMs",
    flag: "--retention-age",
    value: "<time>",
    kind: "duration",
    help: "how long to keep records, segments of older ones alone are forgotten (default: for ever)",
  },
  {
    key: "retentionSegments",
    flag: "--retention-segments",
    value: "<count>",
    kind: "number",
    help: "segments of each topic to keep (default: all)",
  },
  {
    key: "scrubBytesPerSecond",
    flag: "--scrub-rate",
    value: "<bytes>",
    kind: "number",
    help: "bytes a second that are read again to find damage, 0 for none (default: 8388608)",
  },
  {
    key: "compactionBytesPerSecond",
    flag: "--compaction-rate",
    value: "<bytes>",
    kind: "number",
    help: "bytes a second that compaction reads and writes, 0 for none (default: 16777216)",
  },
  {
    key: "journalTopicsMin",
    flag: "--journal-topics",
    value: "<count>",
    kind: "number",
    help: "topics that must wait for the disk at once to share one fsync (default: 8)",
  },
  {
    key: "journalBytesMax",
    flag: "--journal-bytes",
    value: "<bytes>",
    kind: "number",
    help: "bytes of each of the two files that such topics share (default: 33554432)",
  },
  {
    key: "encrypt",
    flag: "--encrypt",
    value: "<key>",
    kind: "text",
    help: "key of all gossip, as keygen prints it; the variable keeps it out of the list of processes (default: none)",
  },
  {
    key: "keyringFile",
    flag: "--keyring-file",
    value: "<file>",
    kind: "text",
    help: "JSON file of keys instead of --encrypt, written anew when keys change (default: none)",
  },
  {
    key: "verifyIncoming",
    flag: "--no-verify-incoming",
    kind: "no",
    help: "accept gossip that is not encrypted, while a cluster moves to encryption",
  },
  {
    key: "verifyOutgoing",
    flag: "--no-verify-outgoing",
    kind: "no",
    help: "send gossip that is not encrypted, until all nodes have the key",
  },
  {
    key: "label",
    flag: "--label",
    value: "<text>",
    kind: "text",
    help: "hear only nodes with the same label, as agents of Serf never are (default: none)",
  },
  {
    key: "newWriter",
    flag: "--new-writer",
    kind: "yes",
    help: "start a new feed: say so once after restoring the directory from a backup",
  },
  {
    key: "serfRpcAddr",
    flag: "--serf-rpc-addr",
    value: "<ip:port>",
    kind: "text",
    help: "address of an RPC for the serf command line, which expects it at 127.0.0.1:7373 (default: none)",
  },
  {
    key: "serfRpcAuth",
    flag: "--serf-rpc-auth",
    value: "<token>",
    kind: "text",
    help: "token that clients of --serf-rpc-addr must show (default: none is asked for)",
  },
  ...dnsSettings,
  ...serviceSettings,
  {
    key: "coalesceWindowMs",
    flag: "--coalesce-window",
    value: "<time>",
    kind: "duration",
    help: "how long handlers may wait for news that can be told together, 0 for not (default: 3s)",
  },
  {
    key: "coalesceQuietMs",
    flag: "--coalesce-quiet",
    value: "<time>",
    kind: "duration",
    help: "how long it must be quiet for them not to wait longer (default: 1s)",
  },
  {
    key: "deadNodeReclaimMs",
    flag: "--reclaim-after",
    value: "<time>",
    kind: "duration",
    help: "how long the name of a dead node stays bound to its address (default: 5s)",
  },
  {
    key: "reconnectIntervalMs",
    flag: "--reconnect-interval",
    value: "<time>",
    kind: "duration",
    help: "how often a failed member is tried again (default: 30s)",
  },
  {
    key: "reconnectTimeoutMs",
    flag: "--reconnect-timeout",
    value: "<time>",
    kind: "duration",
    help: "how long a failed member is remembered (default: 24h)",
  },
  {
    key: "tombstoneTimeoutMs",
    flag: "--tombstone-timeout",
    value: "<time>",
    kind: "duration",
    help: "how long a member that left is remembered (default: 24h)",
  },
  {
    key: "broadcastTimeoutMs",
    flag: "--broadcast-timeout",
    value: "<time>",
    kind: "duration",
    help: "how long each step of saying goodbye may take (default: 5s)",
  },
  {
    key: "userEventBytesMax",
    flag: "--user-event-size-limit",
    value: "<bytes>",
    kind: "number",
    help: "bytes of a user event that this node sends (default: 512)",
  },
  {
    key: "queryBytesMax",
    flag: "--query-size-limit",
    value: "<bytes>",
    kind: "number",
    help: "bytes of a query that this node asks (default: 1024)",
  },
  {
    key: "queryResponseBytesMax",
    flag: "--query-response-size-limit",
    value: "<bytes>",
    kind: "number",
    help: "bytes of an answer of this node (default: 1024)",
  },
  { key: "compress", flag: "--no-compress", kind: "no", help: "do not compress gossip" },
  {
    key: "resolveNameConflicts",
    flag: "--no-resolve-name-conflicts",
    kind: "no",
    help: "stay when another node claims this one's name, instead of asking the others",
  },
  {
    key: "leaveOnTerminate",
    flag: "--leave-on-terminate",
    kind: "yes",
    help: "leave the cluster in good order on SIGTERM too",
  },
  {
    key: "skipLeaveOnInterrupt",
    flag: "--skip-leave-on-interrupt",
    kind: "yes",
    help: "stop without leaving on an interrupt too",
  },
  {
    key: "logLevel",
    flag: "--log-level",
    value: "<level>",
    kind: "text",
    choices: logLevels,
    help: "least severity that is logged (default: info)",
  },
  {
    key: "logFormat",
    flag: "--log-format",
    value: "<name>",
    kind: "text",
    choices: logFormats,
    help: "form of the log (default: text)",
  },
];

/** What the DNS of a node was asked, and what it did about it. */
import type { Registry } from "prom-client";
import type { DnsCounters } from "../dns/mod.ts";
import type { DnsSocketCounters } from "../io/dns_sockets.ts";
import { readCounter, readGauge } from "./metric_kinds.ts";

export interface MeasuredDns {
  readonly counters: DnsCounters;
  readonly socketCounters: Readonly<DnsSocketCounters>;
}

/** Of a node that serves no DNS nothing is counted. */
export function registerDns(registry: Registry, dns: MeasuredDns | undefined): void {
  const queries = "Queries of DNS that were answered, by what was asked and the code of the answer";
  const labelNames = ["type", "rcode"];
  readCounter(registry, { name: "grapevine_dns_queries_total", help: queries, labelNames }, () =>
    [...(dns?.counters.answered ?? [])].map(({ type, rcode, count }) => [{ type, rcode }, count] as const),
  );
  const dropped = "Messages to the DNS that got no answer, by reason";
  readCounter(registry, { name: "grapevine_dns_dropped_total", help: dropped, labelNames: ["reason"] }, () =>
    Object.entries(dns?.counters.silent ?? {}).map(([reason, count]) => [{ reason }, count] as const),
  );
  const truncated = "Answers that did not fit into a datagram, so that the asker had to come again by TCP";
  readCounter(registry, { name: "grapevine_dns_truncated_total", help: truncated }, () => dns?.counters.truncated ?? 0);
  const failed = "Answers of DNS that the system did not take";
  const sockets = dns?.socketCounters;
  readCounter(registry, { name: "grapevine_dns_sends_failed_total", help: failed }, () => sockets?.sendsFailed ?? 0);
  const open = "Connections to the DNS that are open";
  readGauge(registry, { name: "grapevine_dns_connections_open", help: open }, () => sockets?.connectionsOpen ?? 0);
  const cut = "Connections to the DNS that this node turned away or closed, by reason";
  readCounter(registry, { name: "grapevine_dns_connections_cut_total", help: cut, labelNames: ["reason"] }, () => {
    if (sockets === undefined) return [];
    const { connectionsRefused: refused, connectionsIdle: idle, connectionsMalformed: malformed } = sockets;
    return Object.entries({ refused, idle, malformed }).map(([reason, count]) => [{ reason }, count] as const);
  });
}

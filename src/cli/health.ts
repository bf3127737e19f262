import type { Command } from "commander";
import type { PeerHealth } from "../client/mod.ts";
import { clientOf, withFormats, withServers } from "./arguments.ts";
import { CommandFailedError } from "./failure.ts";
import { printLine, toColumns } from "./output.ts";

interface HealthFlags {
  readonly server?: readonly string[];
  readonly format: "text" | "json";
  readonly verbose?: boolean;
}

export function addHealthCommand(program: Command): void {
  const command = program
    .command("health")
    .description("Show what is wrong with the way from the asked node to each other member")
    .argument("[node...]", "names of members; all unless given")
    .option("--verbose", "show what was counted, too");
  withServers(withFormats(command, ["text", "json"])).action(showHealth);
}

async function showHealth(names: readonly string[], flags: HealthFlags): Promise<void> {
  await using client = clientOf(flags);
  const health = await client.cluster.health(names);
  const missing = names.filter((name) => !health.peers.some((peer) => peer.name === name));
  if (missing.length > 0) {
    throw new CommandFailedError(
      `Cannot tell the way to ${missing.join(", ")}: the asked node knows no such other member`,
    );
  }
  if (flags.format === "json") return printLine(JSON.stringify(health, undefined, 2));
  const peers = [...health.peers].sort((left, right) => (left.name < right.name ? -1 : 1));
  if (peers.length === 0) return printLine("No other members");
  const rows = peers.map(({ name, status, verdict, cause }) => [name, status, verdict, cause]);
  await printLine(toColumns(rows));
  if (!flags.verbose) return;
  for (const peer of peers) await printLine(`\n${peer.name}\n${detailsOf(peer)}`);
}

function detailsOf(peer: PeerHealth): string {
  const { counts, rttMs, udpOut, udpIn, tcp } = peer;
  const rows = [
    ["UDP to it, UDP from it, TCP", `${udpOut}, ${udpIn}, ${tcp}`],
    ["pings sent, answered, answered late", `${counts.pings}, ${counts.pingsAnswered}, ${counts.pingsLate}`],
    ["pings without an answer, in a row", String(counts.missedInRow)],
    ["answers by helpers, helpers without one", `${counts.helped}, ${counts.nacks}`],
    ["pings over TCP answered, not answered", `${counts.tcpAnswered}, ${counts.tcpMissed}`],
    ["datagrams from it, its pings over TCP", `${counts.datagramsReceived}, ${counts.tcpPingsReceived}`],
    ["suspicions raised, contradicted by it", `${counts.suspicions}, ${counts.refutations}`],
    ["accusations by it", String(counts.accusations)],
    ["round trip", rttMs === undefined ? "unknown" : `${rttMs.toFixed(1)} ms`],
    ["last datagram, last answer", `${agoOf(peer.heardAgoMs)}, ${agoOf(peer.answeredAgoMs)}`],
    ["last answer by helpers, over TCP", `${agoOf(peer.helpedAgoMs)}, ${agoOf(peer.tcpAnsweredAgoMs)}`],
  ];
  return toColumns(rows.map(([what = "", value = ""]) => [`  ${what}`, value]));
}

function agoOf(milliseconds: number | undefined): string {
  return milliseconds === undefined ? "never" : `${(milliseconds / 1_000).toFixed(1)} s ago`;
}

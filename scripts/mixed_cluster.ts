/**
 * A cluster of real `serf` agents and nodes of this project, all on loopback, churned by a plan that follows from a seed. At
 * the end every member list is compared with every other and with what is known. The exit code is 0 when all agree, no event
 * was delivered twice, no process ended by itself and every key rotation came through.
 */
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { crc32, Random, toBytes } from "../src/base/mod.ts";
import { formatKey } from "../src/gossip/mod.ts";
import type { ListedMember } from "./churn/agent_client.ts";
import { type Agreement, compareLists, digestOf } from "./churn/agreement.ts";
import { Churn } from "./churn/churn.ts";
import type { MemberKind } from "./churn/member_process.ts";
import { planChurn } from "./churn/plan.ts";
import { CommandOptions } from "./options.ts";

const usage = `Usage: mixed_cluster [options]

  --minutes N      how long the cluster is churned, 0.2 to 600 (default 10)
  --seed N         says what is done, to whom and when (default 1)
  --serf N         agents of Serf, 1 to 50 (default 10)
  --grapevine N    nodes of this project, 0 to 50, some of them whole agents (default 10)
  --runtimes LIST  what those run on, of bun, node and deno (default bun,node,deno)
  --profile NAME   lan or local (default lan)
  --keep           keep the logs, also when all went well
  --help           prints this`;

interface Settings {
  readonly minutes: number;
  readonly seed: string;
  readonly serf: number;
  readonly grapevine: number;
  readonly runtimes: readonly string[];
  readonly profile: "lan" | "local";
  readonly keep: boolean;
}

/** What each profile takes to notice, and so how long the churn and its end may take. */
const times = {
  lan: { awayMsMax: 25_000, calmMsMin: 45_000, settleMsMax: 180_000, paceMs: 1_800 },
  local: { awayMsMax: 8_000, calmMsMin: 25_000, settleMsMax: 90_000, paceMs: 900 },
} as const;

/** Which kinds of nodes of this project take part, in this order, over and over; `*` is the next of the runtimes. */
const mixture = ["agent-bun", "library-*", "library-*", "library-*", "agent-node", "library-*"] as const;

function readSettings(): Settings {
  const options = new CommandOptions(usage, {
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    serf: { type: "string", default: "10" },
    grapevine: { type: "string", default: "10" },
    runtimes: { type: "string", default: "bun,node,deno" },
    profile: { type: "string", default: "lan" },
    keep: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  });
  const { seed, keep, profile } = options.values;
  const runtimes = options.values.runtimes.split(",");
  if (!runtimes.every((name) => ["bun", "node", "deno"].includes(name))) {
    options.refuse(`--runtimes are of bun, node and deno, not ${options.values.runtimes}`);
  }
  if (profile !== "lan" && profile !== "local") return options.refuse(`--profile is lan or local, not ${profile}`);
  const counts = {
    serf: Math.floor(options.numberOf("serf", 1, 50)),
    grapevine: Math.floor(options.numberOf("grapevine", 0, 50)),
  };
  return { minutes: options.numberOf("minutes", 0.2, 600), ...counts, seed, runtimes, profile, keep };
}

/** Names and kinds of those that stay to the end. */
function residentsOf({ serf, grapevine, runtimes }: Settings): Map<string, MemberKind> {
  const residents = new Map<string, MemberKind>();
  let library = 0;
  for (let index = 0; index < Math.max(serf, grapevine); index++) {
    if (index < serf) residents.set(`serf-${index + 1}`, "serf");
    if (index >= grapevine) continue;
    const entry = mixture[index % mixture.length] as string;
    const named = entry.endsWith("*") ? entry.replace("*", runtimes[library++ % runtimes.length] as string) : entry;
    const runtime = named.split("-")[1] as string;
    const kind = runtimes.includes(runtime) ? named : named.replace(runtime, runtimes[0] as string);
    residents.set(`vine-${index + 1}`, kind as MemberKind);
  }
  return residents;
}

function guestsOf({ minutes, runtimes }: Settings): Map<string, MemberKind> {
  const count = Math.max(2, Math.ceil(minutes * 1.5));
  const kinds: readonly MemberKind[] = ["serf", `library-${runtimes[0]}` as MemberKind];
  return new Map(Array.from({ length: count }, (_, at) => [`guest-${at + 1}`, kinds[at % 2] as MemberKind]));
}

/** Waits until all lists agree, or until the time is over; resolves with how they stand then. */
async function settle(
  churn: Churn,
  settleMsMax: number,
): Promise<{ lists: Lists; agreement: Agreement; tookMs: number }> {
  const startedAtMs = performance.now();
  for (;;) {
    const lists = await churn.lists();
    const agreement = compareLists(lists, churn.known());
    const tookMs = performance.now() - startedAtMs;
    const isSettled = agreement.differences.length === 0 && agreement.pairsAgreeing === agreement.pairs;
    if (isSettled || tookMs > settleMsMax) return { lists, agreement, tookMs };
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

type Lists = ReadonlyMap<string, readonly ListedMember[]>;

function printTable(rows: readonly (readonly (string | number)[])[]): void {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => String(row[at]).length)));
  for (const row of rows)
    console.log(
      row
        .map((cell, at) => String(cell).padEnd(widths[at] as number))
        .join("  ")
        .trimEnd(),
    );
}

function printLists(lists: Lists, agreement: Agreement, kinds: ReadonlyMap<string, MemberKind>): void {
  const rows = [...lists].map(([observer, list]) => {
    const count = (status: string): number => list.filter((member) => member.status === status).length;
    const digest = crc32(toBytes(digestOf(list)))
      .toString(16)
      .padStart(8, "0");
    const verdict = agreement.right.includes(observer) ? "agrees" : "DIFFERS";
    return [observer, kinds.get(observer) ?? "", count("alive"), count("left"), count("failed"), digest, verdict];
  });
  printTable([["node", "kind", "alive", "left", "failed", "alive list", "verdict"], ...rows]);
}

function printAccount(churn: Churn): void {
  const { sent, expected, delivered, lost, repeated, fromBefore } = churn.ledger.report();
  console.log(
    `events: ${sent} sent, ${delivered} of ${expected} deliveries to nodes that were up, ${repeated.length} twice`,
  );
  for (const line of lost.slice(0, 20)) console.log(`  lost: ${line}`);
  for (const line of repeated.slice(0, 20)) console.log(`  twice: ${line}`);
  console.log(`events told to nodes that joined after they were sent: ${fromBefore.length}`);
  for (const line of fromBefore.slice(0, 20)) console.log(`  from before: ${line}`);
  let [wanted, answered, acknowledged] = [0, 0, 0];
  for (const query of churn.queries) {
    wanted += query.expected.length;
    answered += query.expected.filter((name) => query.answeredBy.includes(name)).length;
    acknowledged += query.expected.filter((name) => query.acknowledgedBy.includes(name)).length;
  }
  console.log(
    `queries: ${churn.queries.length} asked, ${answered} of ${wanted} answers, ${acknowledged} acknowledgements`,
  );
  console.log(`keys: ${churn.rotations} rotations`);
  console.log(`false failures: ${churn.falseFailures.length}`);
  for (const line of churn.falseFailures.slice(0, 20)) console.log(`  ${line}`);
}

/** Forms the cluster, churns it, and prints what came of it; resolves with whether all is well. */
async function runCluster(settings: Settings, directory: string): Promise<boolean> {
  const { minutes, seed, profile } = settings;
  const { awayMsMax, calmMsMin, settleMsMax, paceMs } = times[profile];
  const random = new Random(seed);
  const [residents, guests] = [residentsOf(settings), guestsOf(settings)];
  const names = { residents: [...residents.keys()], guests: [...guests.keys()] };
  const plan = planChurn({ durationMs: minutes * 60_000, ...names, awayMsMax, paceMs }, random.fork("plan"));
  const kinds = new Map([...residents, ...guests]);
  const firstKey = formatKey(random.fork("key").bytes(32));
  const log = (line: string): void => console.error(line);
  await using churn = new Churn({ profile, directory, kinds, firstKey, calmMsMin, log });
  endWith(churn);
  log(`seed ${seed}: ${plan.length} steps in ${minutes} minutes, logs in ${directory}`);
  await churn.startAll(names.residents);
  const formed = await settle(churn, settleMsMax);
  log(
    `formed within ${Math.round(formed.tookMs)} ms: ${formed.agreement.right.length} of ${formed.lists.size} lists agree`,
  );
  await churn.run(plan);
  const { lists, agreement, tookMs } = await settle(churn, settleMsMax);
  const { right, pairs, pairsAgreeing, differences } = agreement;
  console.log(`${minutes} minutes of churn, seed ${seed}, profile ${profile}: ${plan.length} steps`);
  printLists(lists, agreement, kinds);
  for (const line of differences.slice(0, 100)) console.log(line);
  const seconds = (tookMs / 1_000).toFixed(1);
  console.log(
    `${right.length} of ${residents.size} lists agree (${pairsAgreeing} of ${pairs} pairs), ${seconds} s after the churn`,
  );
  printAccount(churn);
  for (const line of churn.faults) console.log(`fault: ${line}`);
  const doAgree = right.length === residents.size && pairs === pairsAgreeing;
  return doAgree && churn.ledger.report().repeated.length === 0 && churn.faults.length === 0;
}

/** Leaves no process behind when this one is told to end. */
function endWith(churn: Churn): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void churn[Symbol.asyncDispose]().then(() => process.exit(1)));
  }
}

async function main(): Promise<number> {
  const settings = readSettings();
  const directory = await mkdtemp(path.join(os.tmpdir(), "grapevine-churn-"));
  const isWell = await runCluster(settings, directory);
  if (isWell && !settings.keep) await rm(directory, { recursive: true, force: true });
  else console.log(`logs: ${directory}`);
  return isWell ? 0 : 1;
}

process.exitCode = await main();

import { Argument, type Command } from "commander";
import type { TopicDescription, TopicRetention, TopicSettingsChange } from "../client/mod.ts";
import {
  checkUsage,
  clientOf,
  collectPair,
  topicArgument,
  wholeNumber,
  withFormats,
  withServers,
} from "./arguments.ts";
import { timeOf } from "./durations.ts";
import { printLine } from "./output.ts";
import { sizeOf } from "./sizes.ts";

interface SetFlags {
  readonly server?: readonly string[];
  readonly format: "text" | "json";
  readonly retentionAge?: number;
  readonly retentionBytes?: number;
  readonly retentionSegments?: number;
  readonly keepUntilReplicas?: number;
  readonly retentionBytesMax?: number;
  readonly compact?: boolean;
  readonly tombstoneGrace?: number;
  readonly placeCopies?: number;
  readonly placeTag?: Readonly<Record<string, string>>;
  readonly placeAnywhere?: boolean;
}

type Placement = NonNullable<TopicDescription["placement"]>;
type FlagsOfPlacement = Pick<SetFlags, "placeCopies" | "placeTag" | "placeAnywhere">;

/** Adds `topics create` and `topics set`. */
export function addTopicsSetCommands(topics: Command): void {
  const create = topics.command("create").description("Create a topic on all nodes");
  withSettings(create).action((topic: string, _: unknown, command: Command) => createTopic(topic, flagsOf(command)));
  const set = topics.command("set").description("Change what holds for a topic on all nodes");
  withSettings(set).action((topic: string, _: unknown, command: Command) => setTopic(topic, flagsOf(command)));
}

/** What may be forgotten of a topic, in words. */
export function retentionText(retention: TopicRetention | undefined): string {
  if (retention === undefined) return "as each node is told";
  const { ageMaxMs, bytesMin, segmentsMax, keepUntilReplicas, bytesMax } = retention;
  const limits = [
    ...(ageMaxMs === undefined ? [] : [`older than ${timeText(ageMaxMs)}`]),
    ...(bytesMin === undefined ? [] : [`beyond ${bytesMin} bytes`]),
    ...(segmentsMax === undefined ? [] : [`beyond ${segmentsMax} segments`]),
  ];
  const kept = keepUntilReplicas === undefined ? [] : [`once ${keepUntilReplicas} nodes hold it`];
  const capped = bytesMax === undefined ? [] : [`at the latest beyond ${bytesMax} bytes`];
  if (limits.length === 0 && capped.length === 0) return "nothing is forgotten";
  return [...limits, ...kept, ...capped].join(", ");
}

/** What is removed of a topic that is compacted, in words. */
export function compactionText({ compact, tombstoneGraceMs = 0 }: TopicDescription): string {
  return compact === true ? `the latest of each key, tombstones for ${timeText(tombstoneGraceMs)}` : "none";
}

function compactionSuffix(topic: TopicDescription): string {
  return topic.compact === true ? `; compaction ${compactionText(topic)}` : "";
}

function withSettings(command: Command): Command {
  command
    .addArgument(new Argument("<topic>", "name of the topic").argParser(topicArgument))
    .option("--retention-age <time>", "forget what is older, as 7d or 12h; 0 for no limit", timeOf)
    .option("--retention-bytes <size>", "bytes to keep, as 1GB; 0 for no limit", sizeOf)
    .option("--retention-segments <count>", "segments to keep; 0 for no limit", wholeNumber(0))
    .option(
      "--keep-until-replicas <nodes>",
      "forget nothing before so many nodes hold it; 0 for no such",
      wholeNumber(0),
    )
    .option("--retention-bytes-max <size>", "bytes to keep at most, whoever holds them; 0 for no limit", sizeOf)
    .option("--compact", "keep only the latest record of each key")
    .option("--no-compact", "keep all records of a key again")
    .option("--tombstone-grace <time>", "how long all nodes keep empty records; 0 for a day", timeOf)
    .option("--place-copies <nodes>", "have so many nodes hold it; 0 for all", wholeNumber(0))
    .option("--place-tag <key=pattern>", "have only nodes hold it whose tag matches, repeatable", collectPair)
    .option("--place-anywhere", "have nodes hold it whatever their tags");
  return withServers(withFormats(command, ["text", "json"]));
}

/** Flags may stand before the word too. */
function flagsOf(command: Command): SetFlags {
  return command.optsWithGlobals();
}

function changeOf(flags: SetFlags): TopicSettingsChange {
  const { retentionAge: ageMaxMs, retentionBytes: bytesMin, retentionSegments: segmentsMax } = flags;
  const { keepUntilReplicas, retentionBytesMax: bytesMax } = flags;
  const retention = { ageMaxMs, bytesMin, segmentsMax, keepUntilReplicas, bytesMax };
  const isAsked = Object.values(retention).some((limit) => limit !== undefined);
  const { compact, tombstoneGrace: tombstoneGraceMs } = flags;
  return {
    ...(isAsked && { retention }),
    ...(compact !== undefined && { compact }),
    ...(tombstoneGraceMs !== undefined && { tombstoneGraceMs }),
    ...placementChangeOf(flags),
  };
}

function placementChangeOf({ placeCopies: copies, placeTag, placeAnywhere }: FlagsOfPlacement): TopicSettingsChange {
  checkUsage(placeTag === undefined || placeAnywhere !== true, "--place-tag and --place-anywhere exclude each other");
  const tags = placeAnywhere === true ? {} : placeTag;
  if (copies === undefined && tags === undefined) return {};
  return { placement: { ...(copies !== undefined && { copies }), ...(tags !== undefined && { tags }) } };
}

/** Which nodes are to hold a topic, in words. */
export function placementText({ copies, tags = {} }: Placement): string {
  const conditions = Object.entries(tags).map(([tag, expression]) => `${tag} is ${expression}`);
  const nodes = copies === undefined ? "all nodes" : copies === 1 ? "1 node" : `${copies} nodes`;
  return conditions.length === 0 ? nodes : `${nodes} whose ${conditions.join(" and whose ")}`;
}

function placementSuffix({ placement, placed = [] }: TopicDescription): string {
  if (placement === undefined) return "";
  return `; placed at ${placementText(placement)}: ${placed.length === 0 ? "none is there" : placed.join(", ")}`;
}

async function createTopic(name: string, flags: SetFlags): Promise<void> {
  await using client = clientOf(flags);
  await print("created", await client.createTopic(name, changeOf(flags)), flags);
}

async function setTopic(name: string, flags: SetFlags): Promise<void> {
  const change = changeOf(flags);
  const limits =
    "--retention-age, --retention-bytes, --retention-segments, --keep-until-replicas, --retention-bytes-max";
  const known = `${limits}, --compact, --tombstone-grace, --place-copies, --place-tag or --place-anywhere`;
  checkUsage(Object.keys(change).length > 0, `topics set needs something to change: ${known}`);
  await using client = clientOf(flags);
  await print("set", await client.setTopic(name, change), flags);
}

async function print(done: string, topic: TopicDescription, flags: SetFlags): Promise<void> {
  if (flags.format === "json") await printLine(JSON.stringify(topic, undefined, 2));
  else
    await printLine(
      `${done} topic ${topic.name}: retention ${retentionText(topic.retention)}${compactionSuffix(topic)}${placementSuffix(topic)}`,
    );
}

const unitsMs: readonly (readonly [string, number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
];

/** As `1d12h`. */
function timeText(timeMs: number): string {
  let leftMs = timeMs;
  let text = "";
  for (const [unit, unitMs] of unitsMs) {
    const count = Math.floor(leftMs / unitMs);
    leftMs -= count * unitMs;
    if (count > 0) text += `${count}${unit}`;
  }
  return text;
}

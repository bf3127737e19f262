/**
 * The value of a record of `_topics`, whose key is the topic's name (`docs/format.md`): JSON with a version. Fields that
 * this program does not know are kept as they are and written again with each change, so that a further setting needs no
 * further version: nodes that do not know it hand it on.
 */
import { firstGeneration, generationMax, toBytes, toText } from "../base/mod.ts";
import { decodedPlacement } from "./placement_settings.ts";
import { retentionFields, type TopicSettings } from "./topic_settings.ts";
import type { Retention } from "./types.ts";

/** How often a topic was deleted and created again, and whether it is there now. */
export interface TopicLife {
  readonly generation: number;
  /** The generation was deleted, and there is no later one. */
  readonly deleted: boolean;
}

/** Of a topic about which nothing is settled. */
export const firstLife: TopicLife = { generation: firstGeneration, deleted: false };

/** What a record says of a topic. */
export interface TopicValue extends TopicLife {
  /** Nothing where it is deleted. */
  readonly settings: TopicSettings;
  /** Fields that a later program wrote. */
  readonly others: Readonly<Record<string, unknown>>;
}

/** Of what is written. Version 1 had neither generations nor fields to be kept. */
const valueVersion = 2;
/** Bytes of a value: all that is settled stays in memory. */
export const valueBytesMax = 16_384;

const knownFields: readonly string[] = [
  ...["version", "generation", "deleted"],
  ...["retention", "compact", "tombstoneGraceMs", "placement"],
];

/** Fields of the value without content are left out: generation 1, not deleted, no settings of its own. */
export function encodeTopicValue({ generation, deleted, settings, others }: TopicValue): Uint8Array {
  const fields = {
    version: valueVersion,
    ...(generation !== firstGeneration && { generation }),
    ...(deleted && { deleted }),
    ...(settings.retention !== undefined && { retention: settings.retention }),
    ...(settings.compact === true && { compact: true }),
    ...(settings.tombstoneGraceMs !== undefined && { tombstoneGraceMs: settings.tombstoneGraceMs }),
    ...(settings.placement !== undefined && { placement: settings.placement }),
    ...others,
  };
  return toBytes(JSON.stringify(fields));
}

/** Undefined for anything that is of a later version, or makes no sense. */
export function decodeTopicValue(value: Uint8Array): TopicValue | undefined {
  const fields = value.length > valueBytesMax ? undefined : objectOf(parsed(value));
  if (fields === undefined) return undefined;
  const settings = settingsOf(fields);
  if (settings === undefined) return undefined;
  if (fields["version"] === 1) return { ...firstLife, settings, others: {} };
  if (fields["version"] !== valueVersion) return undefined;
  const { generation = firstGeneration, deleted = false } = fields;
  if (typeof generation !== "number" || !Number.isSafeInteger(generation)) return undefined;
  if (generation < firstGeneration || generation > generationMax || typeof deleted !== "boolean") return undefined;
  const others = Object.fromEntries(Object.entries(fields).filter(([field]) => !knownFields.includes(field)));
  return { generation, deleted, settings: deleted ? {} : settings, others: deleted ? {} : others };
}

function settingsOf(fields: Readonly<Record<string, unknown>>): TopicSettings | undefined {
  const { compact = false, tombstoneGraceMs } = fields;
  const retention = fields["retention"] === undefined ? undefined : retentionOf(fields["retention"]);
  if (fields["retention"] !== undefined && retention === undefined) return undefined;
  if (typeof compact !== "boolean") return undefined;
  if (tombstoneGraceMs !== undefined && !isLimit(tombstoneGraceMs)) return undefined;
  const placement = decodedPlacement(fields["placement"]);
  if (placement === "fault") return undefined;
  return {
    ...(retention !== undefined && { retention }),
    ...(compact && { compact }),
    ...(tombstoneGraceMs !== undefined && { tombstoneGraceMs }),
    ...(placement !== undefined && { placement }),
  };
}

function isLimit(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 1;
}

function retentionOf(value: unknown): Retention | undefined {
  const given = objectOf(value);
  if (given === undefined) return undefined;
  const retention: { -readonly [Field in keyof Retention]: Retention[Field] } = {};
  for (const field of retentionFields) {
    const limit = given[field];
    if (limit === undefined) continue;
    if (!isLimit(limit)) return undefined;
    retention[field] = limit;
  }
  return retention;
}

/** True when what `left` says of a topic is beyond `right`: generations only grow, and deleting one is final. */
export function isLaterLife(left: TopicLife, right: TopicLife): boolean {
  if (left.generation !== right.generation) return left.generation > right.generation;
  return left.deleted && !right.deleted;
}

/** The same order as a number, for records of `_topics`; undefined for what is not understood. */
export function lifeRankOf({ value }: { readonly value: Uint8Array }): number | undefined {
  const life = decodeTopicValue(value);
  return life && 2 * life.generation + Number(life.deleted);
}

function parsed(value: Uint8Array): unknown {
  try {
    return JSON.parse(toText(value));
  } catch {
    // Whoever wrote it, nothing can be made of it: the caller tells.
    return undefined;
  }
}

function objectOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

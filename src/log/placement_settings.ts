/** Which nodes are to hold a topic, as the cluster has settled it. Who they are is found out elsewhere. */

import { copiesMax } from "./options.ts";

/** Which of the nodes that hold topics are to hold one. Both together: so many of those with these tags. */
export interface PlacementSettings {
  /** So many nodes, 1 to 100. @default all */
  readonly copies?: number | undefined;
  /** By the names of tags: an expression in RE2's syntax that the whole value matches. @default any node will do */
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** Tags of one placement, and characters of a name and of an expression: a value must fit its record. */
const tagsMax = 16;
const tagNameCharactersMax = 128;
const expressionCharactersMax = 256;

/** What says whether an expression is one; undefined when it is. */
export type ExpressionFault = (expression: string) => string | undefined;

/** What is wrong with a setting. */
export interface PlacementFault {
  readonly field: string;
  readonly value: unknown;
  readonly allowed: string;
}

/** What is wrong with a change; undefined when it is a good one. */
export function placementFault(
  change: PlacementSettings,
  expressionFault: ExpressionFault,
): PlacementFault | undefined {
  for (const [field, value] of Object.entries(change)) {
    if (field !== "copies" && field !== "tags") return { field, value, allowed: "copies, tags" };
  }
  const { copies = 0, tags = {} } = change;
  if (!(Number.isSafeInteger(copies) && copies >= 0 && copies <= copiesMax)) {
    const allowed = `0 for all nodes, or a whole number from 1 to ${copiesMax}`;
    return { field: "copies", value: copies, allowed };
  }
  const fault = faultOfTags(tags, expressionFault);
  return fault && { field: "tags", ...fault };
}

/** The placement after a good change; undefined: all nodes hold the topic. */
export function changedPlacement(
  before: PlacementSettings | undefined,
  change: PlacementSettings | undefined,
): PlacementSettings | undefined {
  return placementWith(change?.copies ?? before?.copies ?? 0, change?.tags ?? before?.tags ?? {});
}

/** What a record of `_topics` says; "fault" when it makes no sense. */
export function decodedPlacement(value: unknown): PlacementSettings | "fault" | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "fault";
  const { copies = 0, tags = {} } = value as Record<string, unknown>;
  if (typeof copies !== "number" || !Number.isSafeInteger(copies) || copies < 0) return "fault";
  if (typeof tags !== "object" || tags === null || Array.isArray(tags)) return "fault";
  // An expression that this program does not know was judged by the node that took it.
  const entries = Object.entries(tags);
  if (faultOfTags(Object.fromEntries(entries), () => undefined) !== undefined) return "fault";
  return placementWith(copies, Object.fromEntries(entries));
}

function placementWith(copies: number, tags: Readonly<Record<string, string>>): PlacementSettings | undefined {
  const isByTags = Object.keys(tags).length > 0;
  if (copies === 0 && !isByTags) return undefined;
  return { ...(copies > 0 && { copies }), ...(isByTags && { tags: { ...tags } }) };
}

function faultOfTags(
  tags: Readonly<Record<string, unknown>>,
  expressionFault: ExpressionFault,
): { readonly value: unknown; readonly allowed: string } | undefined {
  const entries = Object.entries(tags);
  if (entries.length > tagsMax) return { value: `${entries.length} tags`, allowed: `up to ${tagsMax}` };
  for (const [name, expression] of entries) {
    const value = `${name}=${String(expression)}`;
    if (name === "" || name.length > tagNameCharactersMax) {
      return { value, allowed: `the name of a tag, 1 to ${tagNameCharactersMax} characters` };
    }
    if (typeof expression !== "string" || expression === "" || expression.length > expressionCharactersMax) {
      return { value, allowed: `an expression of 1 to ${expressionCharactersMax} characters` };
    }
    const fault = expressionFault(expression);
    if (fault !== undefined) return { value, allowed: fault };
  }
  return undefined;
}

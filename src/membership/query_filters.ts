import { concat } from "../base/mod.ts";
import { encodeMsgpack, exactTextOf, Fields, MsgpackReader } from "../gossip/mod.ts";
import { Expression, instructionsMax } from "./expression.ts";
import type { Member } from "./types.ts";

/** The first byte of a filter. */
const filterType = { node: 0, tag: 1 } as const;

/** Filters of one query: a packet has no room for more. */
const filtersMax = 256;

/** Instructions of all expressions of one query: each costs a step for every letter of a tag. */
const querySizeMax = 2 * instructionsMax;

/** Whom a query is for: all of these must hold. */
export interface QueryFilters {
  /** One of these names; everybody when there are none. */
  readonly nodes: readonly string[];
  /** Tags and the expressions that are found in them. */
  readonly tags: readonly { readonly tag: string; readonly expression: string }[];
}

/** Encodes filters, each as one byte string. */
export function encodeFilters({ nodes, tags }: QueryFilters): Uint8Array[] {
  const filters = tags.map(({ tag, expression }) =>
    concat([Uint8Array.of(filterType.tag), encodeMsgpack({ Expr: expression, Tag: tag })]),
  );
  if (nodes.length > 0) filters.unshift(concat([Uint8Array.of(filterType.node), encodeMsgpack(nodes)]));
  return filters;
}

/** Whether a query is meant for a member. `unsupported` counts as meant for others, as every unknown filter does. */
export function judgeFilters(
  filters: readonly Uint8Array[],
  member: Pick<Member, "name" | "tags">,
): "meant" | "others" | "unsupported" {
  if (filters.length > filtersMax) return "unsupported";
  const budget = { left: querySizeMax };
  for (const filter of filters) {
    const verdict = judge(filter, member, budget);
    if (verdict !== "meant") return verdict;
  }
  return "meant";
}

function judge(
  filter: Uint8Array,
  member: Pick<Member, "name" | "tags">,
  budget: { left: number },
): "meant" | "others" | "unsupported" {
  const reader = new MsgpackReader(filter, 1);
  const value = reader.value();
  if (reader.fault !== undefined) return "unsupported";
  if (filter[0] === filterType.node) {
    if (!Array.isArray(value)) return "unsupported";
    return value.some((name) => exactTextOf(name) === member.name) ? "meant" : "others";
  }
  if (filter[0] !== filterType.tag) return "unsupported";
  const fields = new Fields(value);
  const tag = fields.text("Tag");
  const expression = Expression.parse(fields.text("Expr"));
  if (fields.failed || expression === undefined) return "unsupported";
  budget.left -= expression.size;
  if (budget.left < 0) return "unsupported";
  return expression.isFoundIn(member.tags.get(tag) ?? "") ? "meant" : "others";
}

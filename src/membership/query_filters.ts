import { exactTextOf, MsgpackReader } from "../gossip/mod.ts";

const nodeFilter = 0;

/**
 * Whether a query is meant for the node of this name. Filters by tags are expressions that need a matcher of linear
 * time: until there is one, such a query counts as meant for others, as any filter of an unknown kind does.
 */
export function acceptsFilters(filters: readonly Uint8Array[], localName: string): boolean {
  return filters.every((filter) => {
    if (filter[0] !== nodeFilter) return false;
    const reader = new MsgpackReader(filter, 1);
    const names = reader.value();
    return Array.isArray(names) && names.some((name) => exactTextOf(name) === localName);
  });
}

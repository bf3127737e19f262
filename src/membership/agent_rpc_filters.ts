/** Which events and which members a client of the agent RPC wants. */
import type { MemberFilter } from "./agent_rpc_requests.ts";
import { Expression } from "./expression.ts";
import type { Member } from "./types.ts";

const memberEventTypes = ["member-join", "member-leave", "member-failed", "member-update", "member-reap"] as const;

/** Filters of one stream. */
const filtersMax = 64;

/** An event as far as filters look at it: user events and queries have names. */
export interface FilteredEvent {
  readonly type: string;
  readonly name?: string | undefined;
}

/** Parses a list of filters separated by commas: `*`, types, `user:NAME`, `query:NAME`. Undefined when one is none. */
export function parseEventFilters(text: string): ((event: FilteredEvent) => boolean) | undefined {
  const words = (text === "" ? "*" : text).split(",");
  if (words.length > filtersMax || !words.every(isFilter)) return undefined;
  const wanted = new Set(words);
  return ({ type, name }) => wanted.has("*") || wanted.has(type) || wanted.has(`${type}:${name}`);
}

function isFilter(word: string): boolean {
  if (word === "*" || word === "user" || word === "query") return true;
  return (memberEventTypes as readonly string[]).includes(word) || /^(user|query):./.test(word);
}

/** The members that match a filter; undefined when one of its texts is no expression. */
export function filterMembers(members: readonly Member[], filter: MemberFilter): readonly Member[] | undefined {
  const name = whole(filter.name);
  const status = whole(filter.status);
  const tags = [...filter.tags].map(([tag, text]) => ({ tag, matches: whole(text) }));
  if (name === undefined || status === undefined || tags.some(({ matches }) => matches === undefined)) return undefined;
  return members.filter(
    (member) =>
      name(member.name) &&
      status(member.status) &&
      tags.every(({ tag, matches }) => matches?.(member.tags.get(tag) ?? "") === true),
  );
}

/** Tells whether all of a text matches an expression. An empty expression asks for nothing. */
function whole(text: string): ((found: string) => boolean) | undefined {
  if (text === "") return () => true;
  // Alone it must be an expression too: `a)(b` would become one between the brackets.
  const expression = Expression.parse(text) && Expression.parse(`^(?:${text})$`);
  return expression && ((found) => expression.isFoundIn(found));
}

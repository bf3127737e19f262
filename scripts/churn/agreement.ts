/**
 * Whether member lists agree. Who is alive must stand in every list as alive, with the same address and the same tags, and
 * nobody else may. Who is gone may stand there as `left` or `failed`, or not at all: each member forgets by its own clock,
 * and who joined later never heard of it.
 */
import type { ListedMember } from "./agent_client.ts";

/** What is known of a member that should be alive. */
export interface KnownMember {
  readonly address: string;
  /** Tags that it must have; it may have more of its own. */
  readonly tags: ReadonlyMap<string, string>;
}

export interface Agreement {
  /** Observers whose lists say just what is known. */
  readonly right: readonly string[];
  /** Pairs of observers whose lists say the same of who is alive, and all pairs. */
  readonly pairsAgreeing: number;
  readonly pairs: number;
  /** What is wrong, a line each. */
  readonly differences: readonly string[];
}

/** The part of a list that must be the same everywhere, as text. */
export function digestOf(list: readonly ListedMember[]): string {
  return list
    .filter(({ status }) => !isGone(status))
    .map(({ name, address, status, tags }) => `${name} ${address} ${status} ${tagsText(tags)}`)
    .sort()
    .join("\n");
}

export function isGone(status: string): boolean {
  return status === "left" || status === "failed";
}

function tagsText(tags: ReadonlyMap<string, string>): string {
  return [...tags]
    .map(([tag, value]) => `${tag}=${value}`)
    .sort()
    .join(",");
}

/** Compares each list with every other, and with what is known. */
export function compareLists(
  lists: ReadonlyMap<string, readonly ListedMember[]>,
  known: ReadonlyMap<string, KnownMember>,
): Agreement {
  const differences: string[] = [];
  const right: string[] = [];
  for (const [observer, list] of lists) {
    const wrong = faultsOf(list, known, lists);
    differences.push(...wrong.map((fault) => `${observer} ${fault}`));
    if (wrong.length === 0) right.push(observer);
  }
  const digests = [...lists.values()].map(digestOf);
  let pairsAgreeing = 0;
  for (const [at, digest] of digests.entries()) {
    pairsAgreeing += digests.slice(at + 1).filter((other) => other === digest).length;
  }
  return { right, pairsAgreeing, pairs: (digests.length * (digests.length - 1)) / 2, differences };
}

function faultsOf(
  list: readonly ListedMember[],
  known: ReadonlyMap<string, KnownMember>,
  lists: ReadonlyMap<string, readonly ListedMember[]>,
): string[] {
  const byName = new Map(list.map((member) => [member.name, member]));
  const faults: string[] = [];
  if (byName.size !== list.length) faults.push(`lists ${list.length} members of ${byName.size} names`);
  for (const [name, { address, tags }] of known) {
    const seen = byName.get(name);
    if (seen === undefined) {
      faults.push(`does not list ${name}`);
      continue;
    }
    if (seen.status !== "alive") faults.push(`sees ${name} ${seen.status}`);
    if (seen.address !== address) faults.push(`sees ${name} at ${seen.address}, it is at ${address}`);
    for (const [tag, value] of tags) {
      const told = seen.tags.get(tag);
      if (told !== value) faults.push(`sees ${name} with ${tag}=${told}, it has ${value}`);
    }
    // A member may have tags beyond what is known; then its own word counts.
    const own = lists.get(name)?.find((member) => member.name === name);
    if (own !== undefined && tagsText(own.tags) !== tagsText(seen.tags)) {
      faults.push(`sees ${name} with ${tagsText(seen.tags)}, it says ${tagsText(own.tags)} itself`);
    }
  }
  for (const { name, status } of list) {
    if (!known.has(name) && !isGone(status)) faults.push(`sees ${name} ${status}, it is gone`);
  }
  return faults;
}

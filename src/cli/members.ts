import type { Command } from "commander";
import { parseAddress } from "../base/mod.ts";
import type { MemberDescription } from "../client/mod.ts";
import { clientOf, collectPair, wholePattern, withFormats, withServers } from "./arguments.ts";
import { UsageError } from "./failure.ts";
import { printLine, toColumns } from "./output.ts";

interface MembersFlags {
  readonly server?: readonly string[];
  readonly format: "text" | "json";
  readonly name?: RegExp;
  readonly status?: RegExp;
  readonly tag?: Readonly<Record<string, string>>;
}

export function addMembersCommand(program: Command): void {
  const command = program
    .command("members")
    .description("List the members of the cluster, as the asked node sees them")
    .option("--name <pattern>", "only members whose name matches the regular expression", wholePattern)
    .option("--status <pattern>", "only members whose status matches: alive, leaving, left, failed", wholePattern)
    .option("--tag <key=pattern>", "only members whose tag matches, repeatable", collectPair);
  withServers(withFormats(command, ["text", "json"])).action(listMembers);
}

async function listMembers(flags: MembersFlags): Promise<void> {
  const wanted = filterOf(flags);
  await using client = clientOf(flags);
  const members = (await client.members()).filter(wanted).sort((left, right) => (left.name < right.name ? -1 : 1));
  await printLine(flags.format === "json" ? toJson(members) : toTable(members));
}

function filterOf(flags: MembersFlags): (member: MemberDescription) => boolean {
  const tags = Object.entries(flags.tag ?? {}).map(([name, pattern]) => [name, tagPattern(pattern)] as const);
  return (member) =>
    (flags.name?.test(member.name) ?? true) &&
    (flags.status?.test(member.status) ?? true) &&
    tags.every(([name, pattern]) => pattern.test(member.tags[name] ?? ""));
}

function tagPattern(pattern: string): RegExp {
  try {
    return wholePattern(pattern);
  } catch {
    throw new UsageError(`option '--tag' value '${pattern}' is invalid. Allowed is name=regular expression`);
  }
}

function toTable(members: readonly MemberDescription[]): string {
  return toColumns(members.map(({ name, address, status, tags }) => [name, address, status, tagsText(tags)]));
}

function tagsText(tags: Readonly<Record<string, string>>): string {
  const names = Object.keys(tags).sort();
  return names.map((name) => `${name}=${tags[name]}`).join(",");
}

function toJson(members: readonly MemberDescription[]): string {
  const shown = members.map(({ name, address, tags, status }) => ({
    name,
    addr: address,
    port: parseAddress(address, 0)?.port,
    tags,
    status,
  }));
  return JSON.stringify({ members: shown }, undefined, 2);
}

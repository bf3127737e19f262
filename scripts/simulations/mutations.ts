/** Switches off one rule after another and counts in how many seeds a checker notices. */
import { type Mutation, mutations, runSeed } from "../../src/testing/mod.ts";

export interface MutationsOptions {
  /** Seeds of each row, from 1 on. */
  readonly seeds: number;
  readonly progress: (text: string) => void;
}

export interface MutationsReport {
  readonly text: string;
  /** What no seed found. */
  readonly survivors: readonly string[];
}

export async function simulateMutations({ seeds, progress }: MutationsOptions): Promise<MutationsReport> {
  const lines = [
    "| rule | `--break` | what is done in its place | found in | of seeds | first by | anything found while the rule is kept |",
    "| --- | --- | --- | --- | --- | --- | --- |",
  ];
  const survivors: string[] = [];
  for (const mutation of mutations) {
    const { rule, name, broken } = mutation;
    progress(`${rule}: ${broken}`);
    const found = await foundIn(mutation, seeds);
    if (found.length === 0) survivors.push(broken);
    const kept = await foundIn({ ...mutation, sabotage: mutation.control ?? {}, found: /./ }, seeds);
    lines.push(
      `| ${rule} | \`${name}\` | ${broken} | ${found.length} | ${seeds} | seed ${found[0] ?? "none"} | ${kept.length} |`,
    );
  }
  return { text: lines.join("\n"), survivors };
}

async function foundIn({ sabotage, faults, topics, found }: Mutation, seeds: number): Promise<number[]> {
  const finding: number[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const { violations } = await runSeed(seed, { sabotage, faults, topics });
    if (violations.some(({ guarantee }) => found.test(guarantee))) finding.push(seed);
  }
  return finding;
}

/** Writes what stands in bench/results into docs/performance.md, as tables and charts. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { drawCharts, type ResultsByRuntime } from "./charts.ts";
import { reasons } from "./reasons.ts";
import { type MeasuredRuntime, measuredRuntimes, readResults, resultsDirectory } from "./results.ts";
import {
  aloneTable,
  comparisonTable,
  growthTable,
  profileTable,
  settingLine,
  targetRows,
  targetTable,
  verdictOf,
} from "./tables.ts";

export const pageFile: string = fileURLToPath(new URL("../docs/performance.md", import.meta.url));

const titles: Readonly<Record<MeasuredRuntime, string>> = { bun: "Bun", node: "Node" };

export async function readAllResults(directory: string = resultsDirectory): Promise<ResultsByRuntime> {
  const [bun, node] = await Promise.all(measuredRuntimes.map((runtime) => readResults(directory, runtime)));
  return { bun: bun ?? {}, node: node ?? {} };
}

/** Resolves with the names of the files that were written. */
export async function writeReport(): Promise<string[]> {
  const results = await readAllResults();
  const written: string[] = [];
  for (const { file, svg } of drawCharts(results)) {
    await writeFile(path.join(resultsDirectory, file), svg);
    written.push(`bench/results/${file}`);
  }
  await writeFile(pageFile, fillPage(await readFile(pageFile, "utf8"), results));
  return [...written, "docs/performance.md"];
}

/** The page with all that stands between `<!-- results: NAME -->` and `<!-- end -->` made anew. */
export function fillPage(page: string, results: ResultsByRuntime): string {
  const drawn = drawCharts(results);
  const imagesOf = (name: string): string =>
    drawn
      .filter(({ file }) => charts[name]?.includes(file))
      .map(({ file, title }) => `![${title}](../bench/results/${file})\n\n`)
      .join("");
  return page.replace(
    /(<!-- results: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, begin: string, name: string, end: string) => {
      const section = sections[name];
      if (section === undefined)
        throw new RangeError(`Cannot fill "${name}": the sections are ${Object.keys(sections)}`);
      return `${begin}${imagesOf(name)}${section(results)}\n${end}`;
    },
  );
}

type Section = (results: ResultsByRuntime) => string;

/** The charts of a section, those that there are. */
const charts: Readonly<Record<string, readonly string[]>> = {
  peers: ["targets.svg"],
  growth: ["growth.svg", "tails.svg", "topics.svg"],
};

const sections: Readonly<Record<string, Section>> = {
  peers: (results) =>
    perRuntime(results, ({ peers }) => peers && `${settingLine(peers.setting)}\n\n${comparisonTable(peers.results)}`),
  alone: (results) =>
    perRuntime(results, ({ alone }) => alone && `${settingLine(alone.setting)}\n\n${aloneTable(alone.results)}`),
  growth: (results) =>
    perRuntime(results, ({ growth }) => {
      if (growth === undefined) return undefined;
      const targets = targetTable(targetRows([], growth.results));
      return `${settingLine(growth.setting)}\n\n${targets}\n\n${growthTable(growth.results)}`;
    }),
  profile: (results) =>
    perRuntime(results, ({ profiles }) => {
      const made = Object.values(profiles ?? {});
      const [first] = made;
      return first && `${settingLine(first.setting)}\n\n${profileTable(made.flatMap((profile) => profile.results))}`;
    }),
  missed: missedList,
};

function perRuntime(
  results: ResultsByRuntime,
  textOf: (results: ResultsByRuntime["bun"]) => string | undefined,
): string {
  return measuredRuntimes
    .map((runtime) => `**${titles[runtime]}**: ${textOf(results[runtime]) ?? "not measured yet"}\n`)
    .join("\n");
}

/** Each target that was not reached on some runtime, and why. */
function missedList(results: ResultsByRuntime): string {
  const missed = new Map<string, string[]>();
  for (const runtime of measuredRuntimes) {
    const { peers, growth } = results[runtime];
    for (const row of targetRows(peers?.results ?? [], growth?.results ?? [])) {
      if (verdictOf(row) !== "missed") continue;
      const said = `${titles[runtime]} ${row.ratio.toFixed(2)}, must ${row.isLessBetter ? "≤ " : ""}${row.must}`;
      missed.set(row.what, [...(missed.get(row.what) ?? []), said]);
    }
  }
  if (missed.size === 0) return "Nothing.\n";
  return [...missed].map(([what, said]) => `- **${what}** (${said.join("; ")}). ${reasonOf(what)}\n`).join("");
}

function reasonOf(what: string): string {
  return reasons.find(({ begins }) => what.startsWith(begins))?.because ?? "The reason is not known.";
}

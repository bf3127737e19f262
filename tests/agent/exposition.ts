/** A strict reader of Prometheus' text format, version 0.0.4: what a scraper would stumble over throws here. */

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

const namePattern = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const samplePattern = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?)|NaN|[+-]Inf|Nan)$/;
const labelPattern = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/;

export function parseExposition(text: string): Map<string, Family> {
  if (!text.endsWith("\n")) throw new Error("Cannot read metrics: the last line has no end");
  const families = new Map<string, Family & { samples: Sample[] }>();
  const seen = new Set<string>();
  let family: (Family & { samples: Sample[]; type: string }) | undefined;
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const help = /^# HELP (\S+) (.+)$/.exec(line);
    if (help !== null) {
      const [, name = "", words = ""] = help;
      if (!namePattern.test(name) || families.has(name)) throw new Error(`Cannot read metrics: ${line}`);
      family = { name, help: words, type: "", samples: [] };
      families.set(name, family);
      continue;
    }
    if (family === undefined) throw new Error(`Cannot read metrics: no help before ${line}`);
    const type = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line);
    if (type !== null) {
      if (type[1] !== family.name || family.type !== "") throw new Error(`Cannot read metrics: ${line}`);
      family.type = type[2] as string;
      continue;
    }
    const sample = parseSample(line);
    const key = `${sample.name} ${[...sample.labels].sort().join()}`;
    if (seen.has(key)) throw new Error(`Cannot read metrics: twice the same series: ${line}`);
    seen.add(key);
    checkSample(family, sample);
    family.samples.push(sample);
  }
  for (const { name, type } of families.values())
    if (type === "") throw new Error(`Cannot read metrics: ${name} is of no type`);
  return families;
}

function parseSample(line: string): Sample {
  const [, name = "", labelsText = "", value = ""] = samplePattern.exec(line) ?? [];
  if (name === "") throw new Error(`Cannot read metrics: ${line}`);
  const labels = new Map<string, string>();
  for (let rest = labelsText; rest !== ""; ) {
    const label = labelPattern.exec(rest);
    if (label === null || labels.has(label[1] as string)) throw new Error(`Cannot read metrics: ${line}`);
    labels.set(label[1] as string, label[2] as string);
    rest = rest.slice(label[0].length);
  }
  return { name, labels, value: Number(value) };
}

function checkSample({ name, type }: Family, sample: Sample): void {
  const suffixes = type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
  if (!suffixes.some((suffix) => sample.name === name + suffix)) {
    throw new Error(`Cannot read metrics: ${sample.name} stands below ${name}`);
  }
  if (type === "counter" && !name.endsWith("_total"))
    throw new Error(`Cannot read metrics: counter ${name} without _total`);
  if (type === "counter" && !(sample.value >= 0))
    throw new Error(`Cannot read metrics: counter ${name} is ${sample.value}`);
  if (sample.name.endsWith("_bucket") && !sample.labels.has("le"))
    throw new Error(`Cannot read metrics: ${name} without le`);
  if (!Number.isFinite(sample.value)) throw new Error(`Cannot read metrics: ${sample.name} is ${sample.value}`);
}

/** The value of a series; all of its labels must be these. */
export function readValue(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Record<string, string> = {},
): number {
  const family = families.get(name) ?? families.get(name.replace(/_(bucket|sum|count)$/, ""));
  const wanted = Object.entries(labels);
  const found = family?.samples.find(
    (sample) =>
      sample.name === name &&
      sample.labels.size === wanted.length &&
      wanted.every(([label, value]) => sample.labels.get(label) === value),
  );
  if (found === undefined) throw new Error(`Cannot find ${name} ${JSON.stringify(labels)}`);
  return found.value;
}

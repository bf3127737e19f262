/** What a search means, and which records it finds. Pure. */
import { strictTextOf, textOf } from "./formats.ts";

/** What is looked at of a record. */
export interface Searched {
  readonly key: Uint8Array | undefined;
  readonly value: Uint8Array;
  readonly headers: readonly { readonly name: string; readonly value: Uint8Array }[];
}

export interface Search {
  /** Words to be marked where they stand, in lower case. */
  readonly words: readonly string[];
  /** What is wrong with the text, if anything. */
  readonly fault?: string | undefined;
  matches(record: Searched): boolean;
}

/** Terms that one search has at most. */
const termsMax = 16;

type Test = (record: Searched, texts: Texts) => boolean;

/**
 * Terms with spaces between them, all of which a record must meet: a word, or several in quotes, in key or value;
 * `key:word`; `header:word`; and a path into a JSON value with what is to stand there: `.total>10`, `.user.name=ada`,
 * `.items[0].id`, which only has to be there. Upper and lower case are the same.
 */
export function parseSearch(text: string): Search | undefined {
  const terms = [...text.matchAll(/(?:[^\s"]|"[^"]*"?)+/g)].map(([term]) => term).slice(0, termsMax);
  if (terms.length === 0) return undefined;
  const words: string[] = [];
  const tests: Test[] = [];
  for (const term of terms) {
    const parsed = parseTerm(term);
    if (typeof parsed === "string") return { words: [], fault: parsed, matches: () => false };
    tests.push(parsed.test);
    if (parsed.word !== undefined) words.push(parsed.word);
  }
  return {
    words,
    matches(record) {
      const texts = new Texts(record);
      return tests.every((test) => test(record, texts));
    },
  };
}

interface Term {
  readonly test: Test;
  readonly word?: string;
}

function parseTerm(term: string): Term | string {
  const [, field, rest] = /^(key|header):(.*)$/s.exec(term) ?? [];
  const word = unquoted(rest ?? term).toLowerCase();
  if (field === "key") return { test: (_, texts) => texts.key.includes(word), word };
  if (field === "header") return { test: (_, texts) => texts.headers.some((header) => header.includes(word)) };
  if (/^\$?\.[^\s.]|^\$?\[/.test(term)) return parsePath(term);
  return { test: (_, texts) => texts.key.includes(word) || texts.value.includes(word), word };
}

function unquoted(text: string): string {
  return text.replaceAll('"', "");
}

const comparisons: Readonly<Record<string, (found: unknown, wanted: string) => boolean>> = {
  "=": (found, wanted) => plain(found).toLowerCase() === wanted.toLowerCase(),
  "!=": (found, wanted) => plain(found).toLowerCase() !== wanted.toLowerCase(),
  "~": (found, wanted) => plain(found).toLowerCase().includes(wanted.toLowerCase()),
  ">": (found, wanted) => Number(found) > Number(wanted),
  "<": (found, wanted) => Number(found) < Number(wanted),
  ">=": (found, wanted) => Number(found) >= Number(wanted),
  "<=": (found, wanted) => Number(found) <= Number(wanted),
};

function parsePath(term: string): Term | string {
  const [, pathText = "", operator, wantedText = ""] = /^\$?([^=!~<>]+)(?:(>=|<=|!=|[=~<>])(.*))?$/s.exec(term) ?? [];
  const steps: string[] = [];
  const step = /\.([^.[\]]+)|\[(\d+)\]|\["?([^\]"]+)"?\]/gy;
  for (let match = step.exec(pathText); match !== null; match = step.exec(pathText)) {
    steps.push((match[1] ?? match[2] ?? match[3]) as string);
  }
  const readable = steps.length > 0 && pathText.replaceAll(/\.[^.[\]]+|\[[^\]]+\]/g, "") === "";
  if (!readable) return `${term} is no path: write it as .user.name=ada or .items[0].total>10`;
  const wanted = unquoted(wantedText);
  if (operator !== undefined && /[<>]/.test(operator) && (wanted === "" || Number.isNaN(Number(wanted)))) {
    return `${term} compares with ${JSON.stringify(wanted)}, which is no number`;
  }
  const compare = operator === undefined ? () => true : (comparisons[operator] as (typeof comparisons)["="]);
  return {
    test: (_, texts) => {
      const found = at(texts.json, steps);
      return found !== undefined && compare(found, wanted);
    },
  };
}

function at(value: unknown, steps: readonly string[]): unknown {
  let found = value;
  for (const step of steps) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, step)) return undefined;
    found = (found as Record<string, unknown>)[step];
  }
  return found;
}

function plain(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The texts of a record, made when a term asks for them. */
class Texts {
  readonly #record: Searched;
  #value: string | undefined;
  #parsed: { readonly json: unknown } | undefined;

  constructor(record: Searched) {
    this.#record = record;
  }

  get key(): string {
    return this.#record.key === undefined ? "" : textOf(this.#record.key).toLowerCase();
  }

  get value(): string {
    this.#value ??= textOf(this.#record.value).toLowerCase();
    return this.#value;
  }

  get headers(): readonly string[] {
    return this.#record.headers.map(({ name, value }) => `${name}=${textOf(value)}`.toLowerCase());
  }

  get json(): unknown {
    this.#parsed ??= { json: jsonOf(strictTextOf(this.#record.value)) };
    return this.#parsed.json;
  }
}

/** Undefined for what is no JSON. */
export function jsonOf(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // A text like any other.
    return undefined;
  }
}

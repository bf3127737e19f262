/** Reads expressions: literals, `.`, classes, anchors, groups, alternation and repetition, as RE2 writes them. */

/** Code points from the first to the second, both included. */
export type Range = readonly [low: number, high: number];

export type ExpressionNode =
  | { readonly type: "one"; readonly ranges: readonly Range[] }
  | { readonly type: "look"; readonly at: "start" | "end" | "boundary" | "inside" }
  | { readonly type: "sequence" | "choice"; readonly parts: readonly ExpressionNode[] }
  | { readonly type: "repeat"; readonly part: ExpressionNode; readonly least: number; readonly most: number };

/** What one packet can carry is shorter. */
const lettersMax = 1_024;

/** Groups within groups. */
const depthMax = 100;

/** RE2's own bound on the counts of a repetition. */
const countMax = 1_000;

const lastCodePoint = 0x10ffff;
const digits: readonly Range[] = [[48, 57]];
const words: readonly Range[] = [...digits, [65, 90], [95, 95], [97, 122]];
const spaces: readonly Range[] = [
  [9, 10],
  [12, 13],
  [32, 32],
];
const letterClasses: { readonly [letter: string]: readonly Range[] } = {
  d: digits,
  w: words,
  s: spaces,
  D: inverted(digits),
  W: inverted(words),
  S: inverted(spaces),
};
const looks: { readonly [letter: string]: "start" | "end" | "boundary" | "inside" } = {
  A: "start",
  z: "end",
  b: "boundary",
  B: "inside",
};
const controls: { readonly [letter: string]: number } = { a: 7, t: 9, n: 10, v: 11, f: 12, r: 13 };
const namedClasses: { readonly [name: string]: readonly Range[] } = {
  alnum: [...digits, [65, 90], [97, 122]],
  alpha: [
    [65, 90],
    [97, 122],
  ],
  digit: digits,
  lower: [[97, 122]],
  space: [...spaces, [11, 11]],
  upper: [[65, 90]],
  word: words,
  xdigit: [...digits, [65, 70], [97, 102]],
};

/** Undefined when the text is no expression, or uses what is not supported. */
export function parseExpression(text: string): ExpressionNode | undefined {
  const letters = Array.from(text);
  if (letters.length > lettersMax) return undefined;
  const parser = new Parser(letters);
  const node = parser.choice(0);
  return parser.failed || !parser.isAtEnd ? undefined : node;
}

class Parser {
  failed = false;
  readonly #letters: readonly string[];
  #at = 0;

  constructor(letters: readonly string[]) {
    this.#letters = letters;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#letters.length;
  }

  choice(depth: number): ExpressionNode {
    if (depth > depthMax) return this.#fail();
    const parts = [this.#sequence(depth)];
    while (!this.failed && this.#take("|")) parts.push(this.#sequence(depth));
    return parts.length === 1 ? (parts[0] as ExpressionNode) : { type: "choice", parts };
  }

  #sequence(depth: number): ExpressionNode {
    const parts: ExpressionNode[] = [];
    while (!this.failed && !this.isAtEnd && this.#next !== "|" && this.#next !== ")") {
      parts.push(this.#repeated(this.#one(depth)));
    }
    return { type: "sequence", parts };
  }

  #repeated(part: ExpressionNode): ExpressionNode {
    const counts = this.#counts();
    if (counts === undefined) return part;
    // Whether the shortest or the longest match is preferred makes no difference to whether there is one.
    this.#take("?");
    const at = this.#at;
    if (this.#counts() !== undefined) return this.#fail();
    this.#at = at;
    return { type: "repeat", part, ...counts };
  }

  #counts(): { least: number; most: number } | undefined {
    if (this.#take("*")) return { least: 0, most: Number.POSITIVE_INFINITY };
    if (this.#take("+")) return { least: 1, most: Number.POSITIVE_INFINITY };
    if (this.#take("?")) return { least: 0, most: 1 };
    if (this.#next !== "{") return undefined;
    const braces = /^\{(\d{1,5})(,(\d{0,5}))?\}/.exec(this.#letters.slice(this.#at, this.#at + 14).join(""));
    // A brace that counts nothing stands for itself.
    if (braces === null) return undefined;
    this.#at += braces[0].length;
    const least = Number(braces[1]);
    const most = braces[2] === undefined ? least : braces[3] === "" ? Number.POSITIVE_INFINITY : Number(braces[3]);
    const isAllowed = least <= most && least <= countMax && (most <= countMax || most === Number.POSITIVE_INFINITY);
    if (!isAllowed) this.failed = true;
    return { least, most };
  }

  #one(depth: number): ExpressionNode {
    const letter = this.#advance();
    switch (letter) {
      case "(":
        return this.#group(depth);
      case "[":
        return this.#class();
      case ".":
        return { type: "one", ranges: inverted([[10, 10]]) };
      case "^":
        return { type: "look", at: "start" };
      case "$":
        return { type: "look", at: "end" };
      case "\\":
        return this.#escape();
      case "*":
      case "+":
      case "?":
        return this.#fail();
      default:
        return literal(letter.codePointAt(0) as number);
    }
  }

  #group(depth: number): ExpressionNode {
    if (this.#take("?")) {
      // Flags and look-around are not supported; a name is of no use here.
      const opening = /^(:|P?<\w+>)/.exec(this.#letters.slice(this.#at).join(""));
      if (opening === null) return this.#fail();
      this.#at += opening[0].length;
    }
    const node = this.choice(depth + 1);
    return this.#take(")") ? node : this.#fail();
  }

  #escape(): ExpressionNode {
    const letter = this.#next;
    const look = Object.hasOwn(looks, letter) ? looks[letter] : undefined;
    if (look !== undefined) {
      this.#at++;
      return { type: "look", at: look };
    }
    return { type: "one", ranges: this.#escaped() };
  }

  /** What stands after a backslash, within a class or without. */
  #escaped(): readonly Range[] {
    const letter = this.#advance();
    if (Object.hasOwn(letterClasses, letter)) return letterClasses[letter] as readonly Range[];
    if (Object.hasOwn(controls, letter)) return only(controls[letter] as number);
    if (letter === "x") {
      const hex = /^(?:([0-9a-fA-F]{2})|\{([0-9a-fA-F]{1,6})\})/.exec(this.#letters.slice(this.#at).join(""));
      const code = Number.parseInt(hex?.[1] ?? hex?.[2] ?? "", 16);
      this.#at += hex?.[0].length ?? 0;
      return code <= lastCodePoint ? only(code) : this.#failRanges();
    }
    return /^[!-/:-@[-`{-~]$/.test(letter) ? only(letter.charCodeAt(0)) : this.#failRanges();
  }

  #class(): ExpressionNode {
    const isInverted = this.#take("^");
    const ranges: Range[] = [];
    for (let isFirst = true; !this.failed && (isFirst || this.#next !== "]"); isFirst = false) {
      ranges.push(...this.#classItem());
    }
    if (!this.#take("]")) return this.#fail();
    return { type: "one", ranges: isInverted ? inverted(ranges) : ranges };
  }

  #classItem(): readonly Range[] {
    if (this.#next === "[" && this.#letters[this.#at + 1] === ":") return this.#namedClass();
    const low = this.#classLetter();
    const isSpan = this.#next === "-" && !["]", ""].includes(this.#letters[this.#at + 1] ?? "");
    if (!isSpan) return low;
    this.#at++;
    const high = this.#classLetter();
    const from = singleOf(low);
    const to = singleOf(high);
    return from !== undefined && to !== undefined && from <= to ? [[from, to]] : this.#failRanges();
  }

  #classLetter(): readonly Range[] {
    const letter = this.#advance();
    return letter === "\\" ? this.#escaped() : only(letter.codePointAt(0) ?? 0);
  }

  #namedClass(): readonly Range[] {
    const named = /^\[:(\^?)(\w+):\]/.exec(this.#letters.slice(this.#at).join(""));
    const name = named?.[2] ?? "";
    if (named === null || !Object.hasOwn(namedClasses, name)) return this.#failRanges();
    this.#at += named[0].length;
    const ranges = namedClasses[name] as readonly Range[];
    return named[1] === "^" ? inverted(ranges) : ranges;
  }

  get #next(): string {
    return this.#letters[this.#at] ?? "";
  }

  #take(letter: string): boolean {
    if (this.#next !== letter) return false;
    this.#at++;
    return true;
  }

  #advance(): string {
    if (this.isAtEnd) this.failed = true;
    return this.#letters[this.#at++] ?? "\0";
  }

  #fail(): ExpressionNode {
    this.failed = true;
    return { type: "sequence", parts: [] };
  }

  #failRanges(): readonly Range[] {
    this.failed = true;
    return [];
  }
}

function literal(code: number): ExpressionNode {
  return { type: "one", ranges: only(code) };
}

function only(code: number): readonly Range[] {
  return [[code, code]];
}

function singleOf(ranges: readonly Range[]): number | undefined {
  const [low, high] = ranges[0] ?? [0, 1];
  return ranges.length === 1 && low === high ? low : undefined;
}

function inverted(ranges: readonly Range[]): readonly Range[] {
  const sorted = [...ranges].sort(([left], [right]) => left - right);
  const gaps: Range[] = [];
  let from = 0;
  for (const [low, high] of sorted) {
    if (low > from) gaps.push([from, low - 1]);
    from = Math.max(from, high + 1);
  }
  if (from <= lastCodePoint) gaps.push([from, lastCodePoint]);
  return gaps;
}

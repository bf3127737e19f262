/**
 * Expressions over tags, in the common part of RE2's syntax. They come from the network, so matching takes time in
 * proportion to program times text whatever they are: all states of the automaton are followed at once, nothing is ever
 * tried again.
 */
import { type ExpressionNode, parseExpression, type Range } from "./expression_parser.ts";

/** Instructions of one program: with 512 bytes of tag a match takes a million steps at most. */
export const instructionsMax = 2_000;

type Instruction =
  | { readonly type: "match" }
  | { readonly type: "one"; readonly ranges: readonly Range[]; readonly next: number }
  | { readonly type: "look"; readonly at: "start" | "end" | "boundary" | "inside"; readonly next: number }
  | { readonly type: "either"; first: number; readonly second: number };

/** A program that finds an expression anywhere in a text. */
export class Expression {
  readonly #program: readonly Instruction[];
  readonly #start: number;

  private constructor(program: readonly Instruction[], start: number) {
    this.#program = program;
    this.#start = start;
  }

  /** Undefined when the text is no expression, uses what is not supported, or makes too large a program. */
  static parse(text: string): Expression | undefined {
    const node = parseExpression(text);
    if (node === undefined) return undefined;
    const compiler = new Compiler();
    const start = compiler.emit(node, compiler.add({ type: "match" }));
    return compiler.isFull ? undefined : new Expression(compiler.program, start);
  }

  /** How many instructions there are: each takes a step for each letter of a text, at most. */
  get size(): number {
    return this.#program.length;
  }

  /** True when some part of the text matches. */
  isFoundIn(text: string): boolean {
    const letters = Array.from(text, (letter) => letter.codePointAt(0) as number);
    const walk = new Walk(this.#program, letters);
    for (let at = 0; at <= letters.length; at++) {
      // A match may begin at every place.
      if (walk.enter(this.#start, at)) return true;
      const letter = letters[at];
      if (letter === undefined) return false;
      for (const state of walk.leave()) {
        const instruction = this.#program[state] as Instruction;
        if (instruction.type !== "one" || !isWithin(instruction.ranges, letter)) continue;
        if (walk.enter(instruction.next, at + 1)) return true;
      }
    }
    return false;
  }
}

/** All states that the automaton is in at one place of the text. */
class Walk {
  readonly #program: readonly Instruction[];
  readonly #letters: readonly number[];
  /** For each instruction, one more than the place at which it was last entered. */
  readonly #enteredAt: Uint32Array;
  #states: number[] = [];

  constructor(program: readonly Instruction[], letters: readonly number[]) {
    this.#program = program;
    this.#letters = letters;
    this.#enteredAt = new Uint32Array(program.length);
  }

  /** Adds all that can be reached without reading a letter; true when that is the end of a match. */
  enter(from: number, at: number): boolean {
    const pending = [from];
    for (let state = pending.pop(); state !== undefined; state = pending.pop()) {
      if (this.#enteredAt[state] === at + 1) continue;
      this.#enteredAt[state] = at + 1;
      const instruction = this.#program[state] as Instruction;
      if (instruction.type === "match") return true;
      if (instruction.type === "one") this.#states.push(state);
      else if (instruction.type === "either") pending.push(instruction.second, instruction.first);
      else if (holds(instruction.at, this.#letters, at)) pending.push(instruction.next);
    }
    return false;
  }

  /** The states that wait for a letter; from now on those of the next place are gathered. */
  leave(): readonly number[] {
    const states = this.#states;
    this.#states = [];
    return states;
  }
}

/** Puts a program together from its end: each part knows what comes after it. */
class Compiler {
  readonly program: Instruction[] = [];
  isFull = false;

  add(instruction: Instruction): number {
    if (this.program.length >= instructionsMax) this.isFull = true;
    else this.program.push(instruction);
    return this.program.length - 1;
  }

  /** Adds the instructions of a node that go on at `next`; returns where they begin. */
  emit(node: ExpressionNode, next: number): number {
    if (this.isFull) return next;
    switch (node.type) {
      case "one":
        return this.add({ type: "one", ranges: node.ranges, next });
      case "look":
        return this.add({ type: "look", at: node.at, next });
      case "sequence":
        return node.parts.reduceRight((after, part) => this.emit(part, after), next);
      case "choice":
        return node.parts
          .map((part) => this.emit(part, next))
          .reduceRight((second, first) => this.add({ type: "either", first, second }));
      case "repeat":
        return this.#emitRepeat(node, next);
      default:
        return node satisfies never;
    }
  }

  #emitRepeat(node: Extract<ExpressionNode, { type: "repeat" }>, next: number): number {
    let start = next;
    if (node.most === Number.POSITIVE_INFINITY) {
      const loop: Instruction = { type: "either", first: next, second: next };
      start = this.add(loop);
      loop.first = this.emit(node.part, start);
    } else {
      for (let extra = node.least; extra < node.most && !this.isFull; extra++) {
        start = this.add({ type: "either", first: this.emit(node.part, start), second: next });
      }
    }
    for (let count = 0; count < node.least && !this.isFull; count++) start = this.emit(node.part, start);
    return start;
  }
}

function isWithin(ranges: readonly Range[], letter: number): boolean {
  return ranges.some(([low, high]) => letter >= low && letter <= high);
}

function holds(look: "start" | "end" | "boundary" | "inside", letters: readonly number[], at: number): boolean {
  if (look === "start") return at === 0;
  if (look === "end") return at === letters.length;
  const isBoundary = isWordLetter(letters[at - 1]) !== isWordLetter(letters[at]);
  return isBoundary === (look === "boundary");
}

function isWordLetter(letter: number | undefined): boolean {
  return letter !== undefined && letter < 128 && /\w/.test(String.fromCharCode(letter));
}

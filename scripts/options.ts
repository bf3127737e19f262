/** How the scripts read their command lines: what is wrong is told with the usage, and exit code 2. */
import { type ParseArgsConfig, parseArgs } from "node:util";

type Options = NonNullable<ParseArgsConfig["options"]>;

export class CommandOptions<Described extends Options> {
  readonly values: ReturnType<typeof parseArgs<{ options: Described }>>["values"];
  readonly #usage: string;

  /** Reads this process's arguments; prints the usage and ends the process where that was asked for. */
  constructor(usage: string, options: Described) {
    this.#usage = usage;
    try {
      this.values = parseArgs({ options }).values;
    } catch (error) {
      this.refuse((error as Error).message);
    }
    if ((this.values as { readonly help?: unknown }).help === true) {
      console.log(usage);
      process.exit(0);
    }
  }

  /** The number that an option gives, from `low` to `high`. */
  numberOf(name: keyof Described & string, low: number, high: number): number {
    const text = (this.values as Readonly<Record<string, unknown>>)[name];
    const value = Number(text);
    if (!(value >= low && value <= high)) this.refuse(`--${name} is a number from ${low} to ${high}, not ${text}`);
    return value;
  }

  refuse(problem: string): never {
    console.error(`${problem}\n\n${this.#usage}`);
    process.exit(2);
  }
}

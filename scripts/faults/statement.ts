/** What the records of these runs say, so that any log can be judged by itself. */

/** A record of one producer, and what its producer had been given before by the very node that it wrote to. */
export interface Statement {
  readonly producer: string;
  /** From 1, in the order in which the producer sent. */
  readonly number: number;
  /** Of each producer, the last record that had been given. */
  readonly causes: readonly (readonly [producer: string, number: number])[];
}

/** `a:17|b:3,c:9`: the 17th of producer a, who had been given b's third and c's ninth. */
export function statementText({ producer, number, causes }: Statement): string {
  return `${producer}:${number}|${causes.map(([name, last]) => `${name}:${last}`).join(",")}`;
}

export function readStatement(text: string): Statement {
  const [self = "", causes = ""] = text.split("|", 2);
  const [producer, number] = readName(self);
  return { producer, number, causes: causes === "" ? [] : causes.split(",").map(readName) };
}

/** `a:17`. */
export function readName(text: string): readonly [producer: string, number: number] {
  const at = text.lastIndexOf(":");
  const number = Number(text.slice(at + 1));
  if (at < 1 || !Number.isSafeInteger(number) || number < 1)
    throw new Error(`Cannot read the record ${text.slice(0, 80)}`);
  return [text.slice(0, at), number];
}

/** The producer of the last record of all: who is given it has been given everything, if causal order holds. */
export const sealProducer = "seal";

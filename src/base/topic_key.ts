/**
 * A generation of a topic in one word: `orders` is the first of topic orders, `orders+2` the second. Replication keeps
 * what it knows by it, and on disk each has a directory of this name, so that what is left of one generation can never
 * be taken for a part of another.
 */
import { topicNameFault } from "./limits.ts";

/** Generation of a topic that was never deleted. */
export const firstGeneration = 1;
/** Digits of generations to base 36: five of them, and the longest name of a topic, still make the name of a directory. */
const generationRadix = 36;
export const generationMax: number = generationRadix ** 5 - 1;

export interface TopicGeneration {
  readonly name: string;
  readonly generation: number;
}

export function topicKey(name: string, generation: number): string {
  return generation === firstGeneration ? name : `${name}+${generation.toString(generationRadix)}`;
}

/** The inverse of `topicKey`; undefined for what it never gives. */
export function topicOfKey(key: string): TopicGeneration | undefined {
  const [name = "", digits, ...more] = key.split("+");
  if (more.length > 0 || topicNameFault(name) !== undefined) return undefined;
  if (digits === undefined) return { name, generation: firstGeneration };
  const generation = Number.parseInt(digits, generationRadix);
  const isInRange = generation > firstGeneration && generation <= generationMax;
  return isInRange && topicKey(name, generation) === key ? { name, generation } : undefined;
}

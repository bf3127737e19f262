/**
 * Where the generations of a topic live on disk: `orders` is the first of topic orders, `orders+2` the second. Each has
 * a directory of its own, so that what is left of one can never be taken for a part of another.
 */
import { topicNameFault } from "../base/mod.ts";
import { firstGeneration, generationMax } from "./topic_value.ts";

/** Digits of generations to base 36: with the longest name of a topic they still make the name of a directory. */
const generationRadix = 36;

export interface TopicPlace {
  readonly name: string;
  readonly generation: number;
}

/** The name of the directory of a topic's generation. */
export function topicFolder({ name, generation }: TopicPlace): string {
  return generation === firstGeneration ? name : `${name}+${generation.toString(generationRadix)}`;
}

/** Which generation of which topic lives in a directory of this name; undefined when none does. */
export function topicPlace(folder: string): TopicPlace | undefined {
  const [name = "", digits, ...more] = folder.split("+");
  if (more.length > 0 || topicNameFault(name) !== undefined) return undefined;
  if (digits === undefined) return { name, generation: firstGeneration };
  const generation = Number.parseInt(digits, generationRadix);
  const place = { name, generation };
  // Written as it would be written: one name for each.
  return generation > firstGeneration && generation <= generationMax && topicFolder(place) === folder
    ? place
    : undefined;
}

/** Seeds that once broke a guarantee, with what was wrong. They run first, for ever. */
export const regressions: readonly { readonly seed: number; readonly was: string }[] = [
  { seed: 154, was: "a consumer that began anew after retention was judged as one that had passed over records" },
  { seed: 159, was: "what a consumer was told to be gone, and stood elsewhere too, was judged as passed over" },
  { seed: 226, was: "a read of a file that had lost its end never ended" },
  { seed: 228, was: "who had read another history of a forked feed was not given what stood in it and elsewhere" },
  { seed: 442, was: "a node that lost its disk between two questions was judged by the token of the first" },
  { seed: 496, was: "a power cut after retention took what a node knew of producers, and a retry was stored twice" },
  { seed: 534, was: "a power cut before a kill was judged as the kill alone" },
  {
    seed: 653,
    was: "a consumer of a topic that was just deleted was taken for the origin of a record, and held against its writer's order",
  },
  {
    seed: 743,
    was: "topic settings that could not be read at the start were not read until something new was settled",
  },
  { seed: 1307, was: "what was read back after a failed sync and a restart was served before it was on disk" },
  { seed: 5212, was: "an answer that came after its topic had been deleted and made anew was judged by the new topic" },
  {
    seed: 5418,
    was: "the first of two consumers of a topic that was just deleted was taken for the origin of a record",
  },
  { seed: 7046, was: "an answer of a life that a power cut had ended was judged as one of the next life" },
  { seed: 8777, was: "what a repair had put in another order was judged as stored again when the log was next opened" },
  {
    seed: 9195,
    was: "the owner of a forked feed never heard of a delete that stood in its other history alone, and kept the topic",
  },
  { seed: 9414, was: "the owner of a forked feed never heard of settings that stood in its other history alone" },
  { seed: 9481, was: "after a power cut retries were judged by the order in which a repair had put what stood before" },
  {
    seed: 36_512,
    was: "a node on a backup, whose later history nobody held any more, was taken to know that its feed has two",
  },
];

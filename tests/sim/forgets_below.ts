import type { Vector, WriterId } from "../../src/base/mod.ts";
import type { Missing, TopicLog } from "../../src/log/mod.ts";
import { type Sabotage, withTopics } from "../../src/testing/mod.ts";

/** One node no longer holds what stood below a sequence of its feeds, once these are so long, as retention would have it. */
export function forgetsBelow(name: string, sequence: number): Sabotage {
  const lowWaterOf = (topic: TopicLog): Map<WriterId, number> => {
    const long = [...topic.served].filter(([, last]) => last >= sequence);
    return new Map(long.map(([writer]) => [writer, sequence]));
  };
  return {
    log: (log, node) => {
      if (node.name !== name) return log;
      return withTopics(log, (topic) => ({
        get lowWater(): Vector {
          return lowWaterOf(topic);
        },
        readMissing: async (have, bytesMax): Promise<Missing> => {
          const lowWater = lowWaterOf(topic);
          const lifted = new Map(have);
          for (const [writer, low] of lowWater) lifted.set(writer, Math.max(low - 1, have.get(writer) ?? 0));
          return { ...(await topic.readMissing(lifted, bytesMax)), lowWater };
        },
      }));
    },
  };
}

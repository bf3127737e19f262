import { concat, scanFrame, type Vector, type WriterId } from "../../src/base/mod.ts";
import type { CommitLog, Directory, LogFile, Missing, TopicLog } from "../../src/log/mod.ts";
import type { Sabotage, SimulatedDisk } from "../../src/testing/mod.ts";

/** The target with some members replaced; methods of the rest keep their own `this`. */
function withOverrides<Target extends object>(target: Target, overrides: Partial<Target>): Target {
  return new Proxy(target, {
    get(_, key) {
      if (key in overrides) return overrides[key as keyof Target];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** A log each of whose topics is changed. */
function withTopics(log: CommitLog, change: (topic: TopicLog) => Partial<TopicLog>): CommitLog {
  const changed = new Map<string, TopicLog>();
  const of = (topic: TopicLog): TopicLog => {
    const known = changed.get(topic.name) ?? withOverrides(topic, change(topic));
    changed.set(topic.name, known);
    return known;
  };
  return withOverrides(log, {
    topics: () => log.topics().map(of),
    topic: (name) => {
      const topic = log.topic(name);
      return topic && of(topic);
    },
    openTopic: async (name) => of(await log.openTopic(name)),
    onGrow: (listener) => log.onGrow((topic) => listener(of(topic))),
  });
}

function lyingDirectory(directory: Directory): Directory {
  return withOverrides(directory, {
    directory: async (name) => lyingDirectory(await directory.directory(name)),
    open: async (name): Promise<LogFile> =>
      withOverrides(await directory.open(name), { sync: () => Promise.resolve() }),
  });
}

/** Acknowledges and serves what is not on disk, and goes on as the same writer after a crash. */
export const servesUnsynced: Sabotage = { directory: lyingDirectory };

/** Does not look into its journal when it is opened, and begins a new one. */
export const forgetsJournal: Sabotage = {
  directory: (directory) =>
    withOverrides(directory, {
      list: async () => (await directory.list()).filter((name) => name !== "journal"),
      directory: async (name) => {
        const inner = await directory.directory(name);
        if (name === "journal") for (const file of await inner.list()) await inner.remove(file);
        return inner;
      },
    }),
};

/** Goes on as the same writer after its directory was lost, and does not hear that others know more of it. */
export const keepsWriterAfterWipe: Sabotage = {
  wiped: async (before: SimulatedDisk, after: SimulatedDisk) => {
    const path = before.paths().find((one) => one === "writer");
    if (path) await after.mount().replaceFile(path, before.peek(path));
  },
  log: (log) => withOverrides(log, { mintWriter: () => Promise.resolve(log.writer) }),
};

/** Ships one feed after the other, not in the order of the local log. */
export const shipsFeedByFeed: Sabotage = {
  log: (log) =>
    withTopics(log, (topic) => ({
      readMissing: async (have, bytesMax): Promise<Missing> => {
        const lacking = [...topic.served].filter(([writer, sequence]) => sequence > (have.get(writer) ?? 0)).sort();
        const first = lacking[0]?.[0];
        const claimed = new Map<WriterId, number>(have);
        for (const [writer] of lacking) if (writer !== first) claimed.set(writer, Number.MAX_SAFE_INTEGER);
        const missing = await topic.readMissing(claimed, bytesMax);
        return { ...missing, complete: missing.complete && lacking.length <= 1 };
      },
    })),
};

/** Produces what it gets from others once more as its own, as the chapter's replicator does. */
export const reproducesWhatItPulls: Sabotage = {
  log: (log) =>
    withTopics(log, (topic) => ({
      apply: async (frames) => {
        for (let at = 0; at < frames.length; ) {
          const scan = scanFrame(frames, at);
          if (scan.type !== "frame") break;
          await topic.produce(frames.slice(at, at + scan.header.frameBytes));
          at += scan.header.frameBytes;
        }
        return { appended: 1, dropped: 0 };
      },
    })),
};

/** Appends a pulled batch a second time: its reader finds it twice. */
export const acceptsDuplicates: Sabotage = {
  log: (log) =>
    withTopics(log, (topic) => ({
      read: async (offset, bytesMax) => {
        const chunk = await topic.read(offset, bytesMax);
        return chunk.nextOffset < 20 ? chunk : { ...chunk, frames: concat([chunk.frames, chunk.frames.slice()]) };
      },
    })),
};

/** Passes on its own feed only, and nothing of those who may be gone. */
export const doesNotRelay: Sabotage = {
  log: (log) =>
    withTopics(log, (topic) => ({
      readMissing: (have, bytesMax) => {
        const claimed = new Map<WriterId, number>(have);
        for (const [writer] of topic.served) if (writer !== log.writer) claimed.set(writer, Number.MAX_SAFE_INTEGER);
        return topic.readMissing(claimed, bytesMax);
      },
    })),
};

/** Takes writes only while it hears another node, as systems with a quorum do. */
export const needsCompany: Sabotage = {
  log: (log, node) =>
    withTopics(log, (topic) => ({
      produce: (frame) => {
        const hasCompany = node.replication?.replicator.progress().some((peer) => peer.state === "heard");
        return hasCompany ? topic.produce(frame) : Promise.reject(new Error("this node is alone"));
      },
    })),
};

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

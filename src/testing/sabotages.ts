import {
  chainStart,
  concat,
  placeFrame,
  readProducerStamp,
  scanFrame,
  settingsTopic,
  stampBatch,
  type WriterId,
  writeProducerStamp,
} from "../base/mod.ts";
import type { Applied, Directory, LogFile, Missing } from "../log/mod.ts";
import type { ServedTopic } from "../server/mod.ts";
import type { SimulatedDisk } from "./disk.ts";
import { framesIn, withOverrides, withTopics } from "./overrides.ts";
import type { Sabotage } from "./sabotage.ts";

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

/** Some answers lack a frame, as a faulty peer's might. The next is of the same feed: else nobody could tell. */
export const peersSkip: Sabotage = {
  shipped: (answer, random) => {
    const frames = framesIn(answer);
    const isTold = frames[1] !== undefined && frames[0]?.header.writer === frames[1].header.writer;
    return !isTold || random.chance(0.5) ? answer : concat(frames.slice(1).map(({ bytes }) => bytes));
  },
};

/** Everything is answered twice. */
export const peersRepeat: Sabotage = { shipped: (answer) => concat([answer, answer]) };

/** Takes for lost what a peer left out, and goes on behind it. */
export const skipsWhatIsMissing: Sabotage = {
  ...peersSkip,
  log: (log) =>
    withTopics(log, (topic) => ({
      apply: async (frames): Promise<Applied> => {
        for (const { header } of framesIn(frames)) {
          const have = topic.have.get(header.writer) ?? 0;
          if (header.baseSequence > have + 1) await topic.applyGap(header.writer, header.baseSequence - 1);
        }
        return topic.apply(frames);
      },
    })),
};

/** Appends what it holds already once more. */
export const acceptsDuplicates: Sabotage = {
  ...peersRepeat,
  log: (log) =>
    withTopics(log, (topic) => ({
      apply: async (frames): Promise<Applied> => {
        let appended = 0;
        for (const { header, bytes } of framesIn(frames)) {
          const isHeld = header.baseSequence <= (topic.have.get(header.writer) ?? 0);
          if (isHeld && header.kind === "records") await topic.produce(bytes);
          else appended += (await topic.apply(bytes)).appended;
        }
        return { appended, dropped: 0 };
      },
    })),
};

/** Never takes anything for lost. */
export const waitsForEver: Sabotage = {
  log: (log) =>
    withTopics(log, () => ({ applyGap: () => Promise.reject(new Error("nothing is taken for lost here")) })),
};

/** Forgets without telling how much. */
export const forgetsSilently: Sabotage = {
  log: (log) =>
    withTopics(log, (topic) => ({
      lowWater: new Map(),
      readMissing: async (have, bytesMax) => ({ ...(await topic.readMissing(have, bytesMax)), lowWater: new Map() }),
    })),
};

/** Takes whatever continues by its number, of whatever history it is. */
export const ignoresHashes: Sabotage = {
  log: (log) =>
    withTopics(log, (topic) => ({
      apply: async (frames): Promise<Applied> => {
        let appended = 0;
        for (const { header, bytes } of framesIn(frames)) {
          const { writer, baseSequence, lamport, generation, kind } = header;
          const end = topic.feedEnd(writer) ?? { have: 0, chain: chainStart };
          if (kind === "records" && baseSequence === end.have + 1 && end.chain !== undefined) {
            stampBatch(bytes, { writer, baseSequence, lamport, generation, previousChain: end.chain });
            placeFrame(bytes, { baseOffset: 0, durableBefore: 0 });
          }
          appended += (await topic.apply(bytes)).appended;
        }
        return { appended, dropped: 0 };
      },
    })),
};

/** Does not look at checksums of what it serves. */
export const servesDamage: Sabotage = {
  log: (log) =>
    withTopics(log, (topic) => ({
      readMissing: async (have, bytesMax) => {
        const missing = await topic.readMissing(have, bytesMax);
        const frames = missing.frames.slice();
        if (frames.length > 3_000) frames[frames.length - 1] = (frames[frames.length - 1] as number) ^ 1;
        return { ...missing, frames };
      },
    })),
};

/** Takes each produce for a new one. */
export const forgetsProducers: Sabotage = {
  log: (log) => {
    let produces = 0;
    return withTopics(log, (topic) => ({
      produce: (frame) => {
        const stamp = readProducerStamp(frame);
        const other = 1_000_000 * ++produces;
        if (stamp !== undefined) writeProducerStamp(frame, { ...stamp, sequence: stamp.sequence + other });
        return topic.produce(frame);
      },
    }));
  },
};

/** Takes what stands last in its own log for the latest. */
export const takesLastForLatest: Sabotage = {
  log: (log) =>
    withTopics(log, (topic) => ({
      read: async (offset, bytesMax) => {
        const chunk = await topic.read(offset, bytesMax);
        if (topic.name !== settingsTopic) return chunk;
        const frames = framesIn(chunk.frames).map(({ header, bytes }) => {
          const { writer, baseSequence, generation, baseOffset } = header;
          const lamport = baseOffset + 1;
          stampBatch(bytes, { writer, baseSequence, lamport, generation, previousChain: chainStart });
          placeFrame(bytes, { baseOffset, durableBefore: 0 });
          return bytes;
        });
        return { ...chunk, frames: concat(frames) };
      },
    })),
};

/** Says of all that it has that it is on its disk. */
export const countsUnsynced: Sabotage = {
  log: (log) =>
    withTopics(log, (topic) => ({
      get durable() {
        return topic.have;
      },
    })),
};

/** Claims to hold whatever a token names. */
class Everything extends Map<WriterId, number> {
  override get(): number {
    return Number.MAX_SAFE_INTEGER;
  }
}

export const answersBeforeItHolds: Sabotage = {
  served: (ports) => {
    const claiming = (topic: ServedTopic): ServedTopic => withOverrides(topic, { served: new Everything() });
    const log = withOverrides(ports.log, {
      topic: (name) => {
        const topic = ports.log.topic(name);
        return topic && claiming(topic);
      },
    });
    return { ...ports, log };
  },
};

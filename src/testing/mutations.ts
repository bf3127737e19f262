import { chainStart, concat, placeFrame, scanFrame, stampBatch, type WriterId } from "../base/mod.ts";
import type { Applied, Directory, LogFile, Missing } from "../log/mod.ts";
import type { SimulatedDisk } from "./disk.ts";
import { type Faults, noStrikes } from "./faults.ts";
import { framesIn, withOverrides, withTopics } from "./overrides.ts";
import type { Sabotage } from "./sabotage.ts";

/** A rule that is switched off, by ports that lie, and who must notice. */
export interface Mutation {
  /** As the command line has it. */
  readonly name: string;
  /** The rule, and what is done in its place. */
  readonly rule: string;
  readonly broken: string;
  readonly sabotage: Sabotage;
  /** Names of the checkers one of which must find it. */
  readonly found: RegExp;
  /** The weather that the rule is for, where that is rare. */
  readonly faults?: ((faults: Faults) => Faults) | undefined;
  /** What tempts nodes to do the wrong thing, alone: while the rule is kept, nothing comes of it. */
  readonly control?: Sabotage | undefined;
}

function lyingDirectory(directory: Directory): Directory {
  return withOverrides(directory, {
    directory: async (name) => lyingDirectory(await directory.directory(name)),
    open: async (name): Promise<LogFile> =>
      withOverrides(await directory.open(name), { sync: () => Promise.resolve() }),
  });
}

/** Acknowledges and serves what is not on disk, and goes on as the same writer after a crash. */
const servesUnsynced: Sabotage = { directory: lyingDirectory };

/** Does not look into its journal when it is opened, and begins a new one. */
const forgetsJournal: Sabotage = {
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
const keepsWriterAfterWipe: Sabotage = {
  wiped: async (before: SimulatedDisk, after: SimulatedDisk) => {
    const path = before.paths().find((one) => one === "writer");
    if (path) await after.mount().replaceFile(path, before.peek(path));
  },
  log: (log) => withOverrides(log, { mintWriter: () => Promise.resolve(log.writer) }),
};

/** Ships one feed after the other, not in the order of the local log. */
const shipsFeedByFeed: Sabotage = {
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
const reproducesWhatItPulls: Sabotage = {
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
const doesNotRelay: Sabotage = {
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
const needsCompany: Sabotage = {
  log: (log, node) =>
    withTopics(log, (topic) => ({
      produce: (frame) => {
        const hasCompany = node.replication?.replicator.progress().some((peer) => peer.state === "heard");
        return hasCompany ? topic.produce(frame) : Promise.reject(new Error("this node is alone"));
      },
    })),
};

/** Some answers lack a frame, as a faulty peer's might. The next is of the same feed: else nobody could tell. */
const peersSkip: Sabotage = {
  shipped: (answer, random) => {
    const frames = framesIn(answer);
    const isTold = frames[1] !== undefined && frames[0]?.header.writer === frames[1].header.writer;
    return !isTold || random.chance(0.5) ? answer : concat(frames.slice(1).map(({ bytes }) => bytes));
  },
};

/** Everything is answered twice. */
const peersRepeat: Sabotage = { shipped: (answer) => concat([answer, answer]) };

/** Takes for lost what a peer left out, and goes on behind it. */
const skipsWhatIsMissing: Sabotage = {
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
const acceptsDuplicates: Sabotage = {
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
const waitsForEver: Sabotage = {
  log: (log) =>
    withTopics(log, () => ({ applyGap: () => Promise.reject(new Error("nothing is taken for lost here")) })),
};

/** Forgets without telling how much. */
const forgetsSilently: Sabotage = {
  log: (log) =>
    withTopics(log, (topic) => ({
      lowWater: new Map(),
      readMissing: async (have, bytesMax) => ({ ...(await topic.readMissing(have, bytesMax)), lowWater: new Map() }),
    })),
};

/** Takes whatever continues by its number, of whatever history it is. */
const ignoresHashes: Sabotage = {
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
const servesDamage: Sabotage = {
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

/** Nodes forget soon, and empty ones join. */
function forgetful(faults: Faults): Faults {
  return { ...faults, retention: [{ segmentsMax: 1 }], strikes: { ...faults.strikes, join: 8 } };
}

/** Directories are lost. */
function wiping(faults: Faults): Faults {
  return { ...faults, strikes: { ...faults.strikes, wipe: 6, fork: 0 } };
}

/** Backups are put back behind the nodes' backs, and nothing else happens. */
function forking(faults: Faults): Faults {
  return { ...faults, retention: [], strikeEveryMs: 900, strikeMs: [50, 2_000], strikes: { ...noStrikes, fork: 1 } };
}

/** Every rule whose breach a checker must find: none of these may survive the seeds. */
export const mutations: readonly Mutation[] = [
  {
    name: "serve-unsynced",
    rule: "R2",
    broken: "unsynced records are acknowledged and served",
    sabotage: servesUnsynced,
    found: /G7|G2/,
  },
  {
    name: "forget-journal",
    rule: "R2",
    broken: "the journal is forgotten",
    sabotage: forgetsJournal,
    found: /G7|G2/,
  },
  { name: "ship-by-feed", rule: "R3", broken: "feeds are shipped one by one", sabotage: shipsFeedByFeed, found: /G3/ },
  {
    ...{
      name: "skip-missing",
      rule: "R4",
      broken: "a batch above have + 1 is appended",
      sabotage: skipsWhatIsMissing,
      found: /G4/,
    },
    control: peersSkip,
  },
  {
    ...{
      name: "take-twice",
      rule: "R4",
      broken: "a batch below have + 1 is appended",
      sabotage: acceptsDuplicates,
      found: /G1/,
    },
    control: peersRepeat,
  },
  {
    ...{
      name: "never-lose",
      rule: "R4",
      broken: "nothing is ever taken for lost",
      sabotage: waitsForEver,
      found: /G4|G7/,
    },
    faults: forgetful,
  },
  {
    ...{
      name: "forget-silently",
      rule: "R4",
      broken: "low-water marks are not told",
      sabotage: forgetsSilently,
      found: /G4|G6|G7/,
    },
    faults: forgetful,
  },
  {
    name: "keep-writer",
    rule: "R5",
    broken: "the writer survives a wipe",
    sabotage: keepsWriterAfterWipe,
    found: /G2/,
    faults: wiping,
  },
  {
    name: "ignore-hashes",
    rule: "R6",
    broken: "chain hashes are not compared",
    sabotage: ignoresHashes,
    found: /G2/,
    faults: forking,
  },
  {
    name: "produce-again",
    rule: "G1",
    broken: "pulled records are produced again",
    sabotage: reproducesWhatItPulls,
    found: /G1/,
  },
  {
    name: "no-relay",
    rule: "G4",
    broken: "others' feeds are not relayed",
    sabotage: doesNotRelay,
    found: /G3|G4|G7/,
  },
  { name: "need-company", rule: "G5", broken: "writes need company", sabotage: needsCompany, found: /G5/ },
  {
    name: "serve-damage",
    rule: "damage",
    broken: "checksums are not looked at",
    sabotage: servesDamage,
    found: /damaged/,
  },
];

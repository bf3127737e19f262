import { type Faults, noStrikes } from "./faults.ts";
import type { Sabotage } from "./sabotage.ts";
import {
  acceptsDuplicates,
  answersBeforeItHolds,
  countsUnsynced,
  doesNotRelay,
  forgetsJournal,
  forgetsProducers,
  forgetsSilently,
  ignoresHashes,
  keepsWriterAfterWipe,
  needsCompany,
  peersRepeat,
  peersSkip,
  reproducesWhatItPulls,
  servesDamage,
  servesUnsynced,
  shipsFeedByFeed,
  skipsWhatIsMissing,
  takesLastForLatest,
  waitsForEver,
} from "./sabotages.ts";

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
  /** Nodes keep `_topics`: the rule is about what is settled there. */
  readonly topics?: true | undefined;
  /** What tempts nodes to do the wrong thing, alone: while the rule is kept, nothing comes of it. */
  readonly control?: Sabotage | undefined;
}

/** Power is cut often, and takes what was not synced. */
function cuttingPower(faults: Faults): Faults {
  return { ...faults, crashModes: ["lose-unsynced"], strikes: { ...faults.strikes, crash: 8 }, syncMs: [20, 300] };
}

/** Answers are lost, so that much is produced again. */
function losingAnswers(faults: Faults): Faults {
  return { ...faults, streamLoss: 0.15 };
}

/** Nodes are parted again and again. */
function parting(faults: Faults): Faults {
  return { ...faults, strikeEveryMs: 300, strikeMs: [4_000, 8_000], strikes: { ...noStrikes, partition: 1 } };
}

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
  {
    ...{ name: "store-retries", rule: "G1", broken: "a retry is taken for a new produce", sabotage: forgetsProducers },
    ...{ found: /G1/, faults: losingAnswers },
  },
  {
    ...{ name: "last-is-latest", rule: "R7", broken: "what stands last in the own log wins" },
    ...{ sabotage: takesLastForLatest, found: /R7/, faults: parting, topics: true },
  },
  {
    ...{ name: "count-unsynced", rule: "G7", broken: "copies count before they are on disk", sabotage: countsUnsynced },
    ...{ found: /G7/, faults: cuttingPower },
  },
  {
    ...{ name: "ignore-tokens", rule: "G8", broken: "tokens are not waited for", sabotage: answersBeforeItHolds },
    found: /G8/,
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

// The checkers bite: each broken rule is found within some seeds, by the checker whose guarantee it breaks.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runSeed, type Sabotage } from "../../src/testing/mod.ts";
import * as sabotage from "./sabotage.ts";

/** Enough for every row, several times over. */
const seedsMax = 60;

const rows: readonly { readonly broken: string; readonly sabotage: Sabotage; readonly found: RegExp }[] = [
  { broken: "unsynced records are served", sabotage: sabotage.servesUnsynced, found: /acknowledged|G2/ },
  { broken: "the journal is forgotten", sabotage: sabotage.forgetsJournal, found: /acknowledged|G2/ },
  { broken: "the writer survives a wipe", sabotage: sabotage.keepsWriterAfterWipe, found: /G2/ },
  { broken: "feeds are shipped one by one", sabotage: sabotage.shipsFeedByFeed, found: /G3/ },
  { broken: "pulled records are produced again", sabotage: sabotage.reproducesWhatItPulls, found: /G1/ },
  { broken: "duplicates are accepted", sabotage: sabotage.acceptsDuplicates, found: /G1/ },
  { broken: "others' feeds are not relayed", sabotage: sabotage.doesNotRelay, found: /G4|acknowledged/ },
  { broken: "writes need company", sabotage: sabotage.needsCompany, found: /G5/ },
];

for (const row of rows) {
  test(`it is found when ${row.broken}`, async () => {
    for (let seed = 1; seed <= seedsMax; seed++) {
      const { violations } = await runSeed(seed, { sabotage: row.sabotage });
      if (violations.some((violation) => row.found.test(violation.guarantee))) return;
    }
    assert.unreachable(`${seedsMax} seeds found nothing`);
  });
}

test.run();

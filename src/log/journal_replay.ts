/** At opening: what the last run had in its journal only is written to where it belongs, before anything is read there. */
import type { Directory, LogFile } from "./directory.ts";
import { LogCorruptError } from "./errors.ts";
import type { LogEvent } from "./events.ts";
import { journalDirectoryName, journalFileNames } from "./journal.ts";
import { scanJournal, type WrittenEntry } from "./journal_format.ts";
import type { ResolvedLogOptions } from "./options.ts";
import { segmentOffsets, topicPath } from "./recovery.ts";
import { segmentName } from "./segment.ts";

/** What a replay needs of the log. */
export interface ReplayPlace {
  readonly root: Directory;
  readonly topics: Directory;
  readonly options: ResolvedLogOptions;
  readonly isClean: boolean;
  /** Directories that are being removed: what the journal holds of them is void. */
  readonly removed: ReadonlySet<string>;
  readonly emit: (event: LogEvent) => void;
}

/** Replays and empties the journal. Returns the number of the last commit. Rejects with `LogCorruptError`; then nothing was changed. */
export async function replayJournal(place: ReplayPlace): Promise<number> {
  if (!(await place.root.list()).includes(journalDirectoryName)) return 0;
  const directory = await place.root.directory(journalDirectoryName);
  const names = (await directory.list()).filter((name) => journalFileNames.includes(name));
  const files: LogFile[] = [];
  try {
    const entries: WrittenEntry[] = [];
    let last = 0;
    for (const name of names) {
      const file = await directory.open(name);
      files.push(file);
      const scan = scanJournal(await file.read(0, file.size), place.options.checksum);
      if (scan.corrupt !== undefined) {
        throw new LogCorruptError(`${journalDirectoryName}/${name}`, scan.corrupt.at, scan.corrupt.reason);
      }
      last = Math.max(last, scan.voidThrough);
      entries.push(...scan.entries);
    }
    entries.sort((left, right) => left.batch - right.batch);
    last = Math.max(last, entries.at(-1)?.batch ?? 0);
    // After a clean stop everything is where it belongs.
    if (place.isClean) return last;
    await writeEntries(place, entries);
    // Whole, not emptied: what a commit left that never became one would have the numbers of commits to come.
    for (const name of names) await directory.remove(name);
    await directory.sync();
    return last;
  } finally {
    for (const file of files) await file.close();
  }
}

async function writeEntries(place: ReplayPlace, entries: readonly WrittenEntry[]): Promise<void> {
  const byTopic = new Map<string, WrittenEntry[]>();
  for (const entry of entries) {
    if (place.removed.has(entry.topic)) continue;
    const known = byTopic.get(entry.topic);
    if (known === undefined) byTopic.set(entry.topic, [entry]);
    else known.push(entry);
  }
  const plans: { readonly topic: string; readonly entries: readonly WrittenEntry[] }[] = [];
  for (const [topic, all] of byTopic) plans.push({ topic, entries: await neededEntries(place, topic, all) });
  let written = 0;
  let bytes = 0;
  for (const plan of plans) {
    if (plan.entries.length === 0) continue;
    bytes += await writeTopic(place, plan.topic, plan.entries);
    written += plan.entries.length;
  }
  if (written > 0) place.emit({ type: "journal-replayed", entries: written, topics: plans.length, bytes });
}

/**
 * The entries of a topic's last segment. What belongs to an earlier one is there: a segment is durable as a whole before
 * its successor is created, and may since have been changed or removed for good reasons.
 */
async function neededEntries(
  place: ReplayPlace,
  topic: string,
  entries: readonly WrittenEntry[],
): Promise<readonly WrittenEntry[]> {
  const last = (await segmentOffsets(await place.topics.directory(topic))).at(-1);
  const missing = entries.find(({ baseOffset }) => last === undefined || baseOffset > last);
  if (missing !== undefined) {
    throw new LogCorruptError(topicPath(topic, segmentName(missing.baseOffset)), 0, "the file is missing");
  }
  return entries.filter(({ baseOffset }) => baseOffset === last);
}

async function writeTopic(place: ReplayPlace, topic: string, entries: readonly WrittenEntry[]): Promise<number> {
  const directory = await place.topics.directory(topic);
  const name = segmentName((entries[0] as WrittenEntry).baseOffset);
  const file = await directory.open(name);
  let bytes = 0;
  try {
    for (const { position, parts } of entries) {
      if (position > file.size) {
        throw new LogCorruptError(topicPath(topic, name), file.size, `the journal goes on at byte ${position}`);
      }
      file.write(position, parts);
      for (const part of parts) bytes += part.length;
    }
    await file.sync();
    return bytes;
  } finally {
    await file.close();
  }
}

/**
 * When the topics of a log commit: what arrives within one turn of the event loop is one round. A topic alone writes and
 * syncs its own file; when many wait at once, their small groups share the journal.
 */
import type { Committer } from "./committer.ts";
import type { Journal } from "./journal.ts";
import type { StagedGroup } from "./staged_group.ts";

/** A larger group goes to its own file at once: written twice it would cost more than the sync that the journal saves. */
const journalGroupBytesMax = 65_536;
/** Bytes of one commit of the journal, so that its first groups do not wait for a giant write. */
const commitBytesMax = 4 * 1_048_576;

export interface RoundsOptions {
  readonly soon: (callback: () => void) => void;
  /** How many topics make the journal worth while; Infinity where nobody waits for syncs. */
  readonly journalTopicsMin: number;
  /** A commit of the journal is no larger, whatever else would fit. */
  readonly journalBytesMax: number;
}

export class Rounds {
  readonly #options: RoundsOptions;
  readonly #journal: Journal;
  #due: Committer[] = [];
  #isScheduled = false;
  /** Those who wait for the journal's next commit. */
  #queue: Committer[] = [];
  /** Topics in the commit that is on its way to the journal. */
  #inJournal = 0;
  /** Topics that write and sync their own files now. */
  #onTheirOwn = 0;

  constructor(journal: Journal, options: RoundsOptions) {
    this.#journal = journal;
    this.#options = options;
  }

  /** Called by a committer that got something to do. */
  add(committer: Committer): void {
    this.#due.push(committer);
    this.#schedule();
  }

  /** Called by a committer when it is done with its own file. */
  left(): void {
    this.#onTheirOwn--;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#options.soon(() => {
      this.#isScheduled = false;
      this.#run();
    });
  }

  #run(): void {
    const due = this.#due;
    this.#due = [];
    const topics = due.length + this.#queue.length + this.#inJournal + this.#onTheirOwn;
    for (const committer of due) {
      const isSmall = committer.waitingBytes <= journalGroupBytesMax;
      if (topics >= this.#options.journalTopicsMin && isSmall) this.#queue.push(committer);
      else this.#sendAway(committer, topics === 1);
    }
    this.#pump();
  }

  #sendAway(committer: Committer, alone: boolean): void {
    this.#onTheirOwn++;
    committer.commitAlone(alone);
  }

  /** Starts the journal's next commit, unless one is on its way. */
  #pump(): void {
    if (this.#inJournal > 0 || this.#queue.length === 0) return;
    const groups: StagedGroup[] = [];
    const bytesMax = Math.min(commitBytesMax, this.#options.journalBytesMax / 2);
    let bytes = 0;
    let taken = 0;
    for (const committer of this.#queue) {
      if (bytes > 0 && bytes + committer.waitingBytes > bytesMax) break;
      taken++;
      bytes += committer.waitingBytes;
      const group = committer.isPrepared ? committer.stage() : undefined;
      if (group === undefined) this.#sendAway(committer, false);
      else if (group.bytes > 0) groups.push(group);
      else committer.committed(group);
    }
    this.#queue.splice(0, taken);
    this.#inJournal = groups.length;
    if (groups.length === 0) {
      if (this.#queue.length > 0) this.#schedule();
      return;
    }
    const alone = groups.length === 1 && groups[0]?.taken.length === 1 && this.#queue.length === 0;
    this.#commit(groups, alone).catch((error: unknown) => {
      // Failures of the disk were told to those who wait: what comes here is our own bug, and must be seen.
      void Promise.reject(error);
    });
  }

  async #commit(groups: readonly StagedGroup[], alone: boolean): Promise<void> {
    try {
      const isTaken = await this.#journal.commit(groups, alone);
      for (const group of groups) {
        if (isTaken) group.committer.committed(group);
        else this.#sendBack(group);
      }
    } catch (error) {
      // At once, so that a crash finds the journal as the callers are told it is. Else the next commit tries again.
      await this.#journal.repair().catch(() => undefined);
      for (const group of groups) group.committer.failed(group, error);
    }
    this.#inJournal = 0;
    // Those who were just answered get into the next commit.
    if (this.#queue.length > 0) this.#schedule();
  }

  /** The journal has no room: each topic writes its own file. */
  #sendBack(group: StagedGroup): void {
    this.#onTheirOwn++;
    group.committer.commitStagedAlone(group);
  }
}

/**
 * One write-ahead log for all topics of a node: many small groups of many topics become durable with one write and one
 * sync. Their frames stay in memory until they are written to their segments, in the background, when one of the
 * journal's two files is full; then that file is void and free again.
 */
import { assert } from "../base/mod.ts";
import type { Directory, LogFile } from "./directory.ts";
import { messageOf } from "./errors.ts";
import {
  EntryWriter,
  entryBytesOf,
  headSlotBytes,
  type JournalEntry,
  journalHeadBytes,
  voidJournal,
} from "./journal_format.ts";
import { type LogMeter, meteredSync } from "./meter.ts";
import type { ResolvedLogOptions } from "./options.ts";
import { journalRoom, type Room } from "./room.ts";
import type { Segment } from "./segment.ts";

export const journalDirectoryName = "journal";
export const journalFileNames: readonly string[] = ["0", "1"];
/** Segments that are settled at the same time. */
const settlersMax = 4;

/** A group of frames and where it goes. */
export interface JournalItem extends JournalEntry {
  /** The bytes of `topic`. */
  readonly name: Uint8Array;
  readonly segment: Segment;
  readonly bytes: number;
}

/** One of the two files. */
class JournalFile {
  readonly file: LogFile;
  /** Where the next entry goes. */
  end = journalHeadBytes;
  /** Everything before it is durable. */
  durable = journalHeadBytes;
  /** Segments that have entries here, each once. */
  readonly segments: Segment[] = [];
  /** Stands for what is in it until it is emptied: segments tell by it that they are in `segments`. */
  filling: object = {};
  /** Directories of topics that have: they outlast segments that retention or compaction took. */
  readonly topics = new Set<string>();
  readonly room: Room;

  constructor(file: LogFile, bytesMax: number) {
    this.file = file;
    this.room = journalRoom(bytesMax);
  }
}

export class Journal {
  readonly #root: Directory;
  readonly #options: ResolvedLogOptions;
  readonly #onFailure: (message: string) => void;
  readonly #onEmptied: () => void;
  readonly #meter: LogMeter | undefined;
  #files: readonly [JournalFile, JournalFile] | undefined;
  #opening: Promise<readonly [JournalFile, JournalFile]> | undefined;
  #active = 0;
  /** The number of the next commit. */
  #batch = 1;
  /** The file that is not active is being emptied. */
  #emptying: Promise<boolean> | undefined;
  /** A commit failed, and its entries may be on disk: until they are overwritten nobody may write what stands there. */
  #tailBroken = false;
  #repairing: Promise<void> | undefined;
  readonly #writer = new EntryWriter();

  /**
   * `onFailure` hears why what the journal holds could not be written to its segments; `onEmptied` is called when one of
   * the files is void.
   */
  constructor(
    root: Directory,
    options: ResolvedLogOptions,
    listeners: {
      readonly onFailure: (message: string) => void;
      readonly onEmptied: () => void;
      readonly meter: LogMeter | undefined;
    },
  ) {
    this.#root = root;
    this.#options = options;
    this.#onFailure = listeners.onFailure;
    this.#onEmptied = listeners.onEmptied;
    this.#meter = listeners.meter;
  }

  /** Goes on after this commit: called once, before the first commit. */
  startAfter(batch: number): void {
    this.#batch = batch + 1;
  }

  /** Bytes of entries that are not in their segments yet. */
  get bytes(): number {
    return (this.#files ?? []).reduce((sum, { end }) => sum + end - journalHeadBytes, 0);
  }

  /** True while an entry of a topic's directory may be on disk and count. */
  mayHold(topic: string): boolean {
    return this.#tailBroken || (this.#files ?? []).some((file) => file.topics.has(topic));
  }

  /** True while a failed commit must be repaired before anything is written to any segment. */
  get isBroken(): boolean {
    return this.#tailBroken;
  }

  /**
   * Makes the items durable, all or none. Resolves with false, having done nothing, when there is no room, because what
   * the journal holds cannot be written to its segments. After a rejection, `repair`.
   */
  async commit(items: readonly JournalItem[], alone: boolean): Promise<boolean> {
    await this.repair();
    const files = this.#files ?? (await this.#open());
    let bytes = 0;
    for (const item of items) bytes += entryBytesOf(item.name.length, item.bytes);
    if (files[this.#active as 0 | 1].end + bytes > this.#options.journalBytesMax && !(await this.#rotate(files))) {
      return false;
    }
    const active = files[this.#active as 0 | 1];
    if (active.end + bytes > this.#options.journalBytesMax) return false;
    const batch = this.#batch++;
    const stamp = { batch, durableBefore: active.durable };
    this.#writer.begin(bytes);
    for (const item of items) this.#writer.add(item, item.name, stamp);
    const encoded = this.#writer.written;
    assert(encoded.length === bytes, "entries have the bytes that were counted");
    const range = { start: active.end, end: active.end + bytes };
    if (active.room.isDue(active.file, range)) await active.room.make(active.file, range);
    try {
      active.file.write(active.end, [encoded]);
      await meteredSync(active.file, this.#meter, { alone });
    } catch (error) {
      this.#tailBroken = true;
      throw error;
    }
    active.end += bytes;
    active.durable = active.end;
    for (const { segment, topic } of items) {
      if (segment.journalFilling === active.filling) continue;
      segment.journalFilling = active.filling;
      active.segments.push(segment);
      active.topics.add(topic);
    }
    return true;
  }

  /** Takes back what a failed commit may have left on disk. Rejects with what the disk says. */
  repair(): Promise<void> {
    if (!this.#tailBroken) return Promise.resolve();
    this.#repairing ??= this.#repairNow().finally(() => {
      this.#repairing = undefined;
    });
    return this.#repairing;
  }

  async #repairNow(): Promise<void> {
    const active = this.#files?.[this.#active as 0 | 1];
    if (active === undefined) return;
    // One void sector is enough: entries are read up to the first that is none, and later commits have greater numbers.
    active.file.write(active.end, [new Uint8Array(headSlotBytes)]);
    await active.file.sync();
    this.#tailBroken = false;
  }

  /** Writes everything to its segments and gives the files back. Rejects when that cannot be done. */
  async close(): Promise<void> {
    await this.#opening?.catch(() => undefined);
    await this.#emptying;
    const files = this.#files;
    if (files === undefined) return;
    try {
      for (const file of files) await this.#empty(file);
    } finally {
      this.#files = undefined;
      for (const { file } of files) await file.close();
    }
  }

  #open(): Promise<readonly [JournalFile, JournalFile]> {
    this.#opening ??= this.#openFiles().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #openFiles(): Promise<readonly [JournalFile, JournalFile]> {
    const directory = await this.#root.directory(journalDirectoryName);
    const files: JournalFile[] = [];
    try {
      for (const name of journalFileNames) {
        const file = await directory.open(name);
        files.push(new JournalFile(file, this.#options.journalBytesMax));
        await voidJournal(file, this.#batch - 1);
      }
      await directory.sync();
    } catch (error) {
      for (const { file } of files) await file.close();
      throw error;
    }
    this.#files = files as unknown as readonly [JournalFile, JournalFile];
    return this.#files;
  }

  /** Goes on in the other file. False when that could not be emptied. */
  async #rotate(files: readonly [JournalFile, JournalFile]): Promise<boolean> {
    const other = files[(1 - this.#active) as 0 | 1];
    const isEmpty = (await this.#emptying) ?? true;
    this.#emptying = undefined;
    if (!isEmpty || other.end > journalHeadBytes) {
      if (!(await this.#tryEmpty(other))) return false;
    }
    const full = files[this.#active as 0 | 1];
    this.#active = 1 - this.#active;
    this.#emptying = this.#tryEmpty(full);
    return true;
  }

  async #tryEmpty(file: JournalFile): Promise<boolean> {
    try {
      await this.#empty(file);
      return true;
    } catch (error) {
      this.#onFailure(messageOf(error));
      return false;
    }
  }

  /** Writes what the file holds to its segments, durably, and only then declares it void. */
  async #empty(file: JournalFile): Promise<void> {
    if (file.end === journalHeadBytes) return;
    const voidThrough = this.#batch - 1;
    const segments = [...file.segments];
    const settlers = Array.from({ length: settlersMax }, async () => {
      for (let segment = segments.pop(); segment !== undefined; segment = segments.pop()) await segment.settle();
    });
    const failed = (await Promise.allSettled(settlers)).find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    await voidJournal(file.file, voidThrough);
    file.segments.length = 0;
    file.filling = {};
    file.topics.clear();
    file.end = journalHeadBytes;
    file.durable = journalHeadBytes;
    this.#onEmptied();
  }
}

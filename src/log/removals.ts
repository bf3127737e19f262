/**
 * Removing a generation of a topic from disk. Its directory is moved aside in one durable step, which is where it is
 * gone: before it everything is there after a crash, after it the next open removes what is left. What the journal holds
 * of it is passed over from that step on, so the empty directory stays as a mark until the journal says that this is void.
 */
import type { Directory } from "./directory.ts";
import { messageOf } from "./errors.ts";
import type { Journal } from "./journal.ts";

export const topicsDirectoryName = "topics";
const removedDirectoryName = "removed";

export class Removals {
  readonly #root: Directory;
  readonly #onFailure: (message: string) => void;
  /** Empty directories whose journal entries are not void yet: the journal's size bounds them. */
  readonly #marked = new Set<string>();
  #removing: Promise<unknown> = Promise.resolve();

  /** `onFailure` hears why a mark could not be removed; the next open tries again. */
  constructor(root: Directory, onFailure: (message: string) => void) {
    this.#root = root;
    this.#onFailure = onFailure;
  }

  /** Directories whose removal was begun when the last run ended: what the journal holds of them is void. */
  async begun(): Promise<ReadonlySet<string>> {
    if (!(await this.#root.list()).includes(removedDirectoryName)) return new Set();
    return new Set(await (await this.#root.directory(removedDirectoryName)).list());
  }

  /** Removes what is left of them: called once, when the journal was replayed and is gone. */
  async finish(folders: ReadonlySet<string>): Promise<void> {
    if (folders.size === 0) return;
    const removed = await this.#root.directory(removedDirectoryName);
    for (const folder of folders) {
      await empty(await removed.directory(folder));
      await removed.removeDirectory(folder);
    }
    await removed.sync();
  }

  /** Removes a directory of which nobody uses a file any more. Rejects with what the disk says; then call it again. */
  remove(folder: string, journal: Journal): Promise<void> {
    const removed = this.#removing.then(() => this.#remove(folder, journal));
    this.#removing = removed.catch(() => undefined);
    return removed;
  }

  /** Some of the journal is void. */
  journalEmptied(journal: Journal): void {
    if (this.#marked.size === 0) return;
    this.#removing = this.#removing
      .then(() => this.#removeMarks(journal))
      .catch((error: unknown) => this.#onFailure(messageOf(error)));
  }

  /** Resolves when nothing is on its way. */
  async rest(): Promise<void> {
    await this.#removing;
  }

  async #remove(folder: string, journal: Journal): Promise<void> {
    const topics = await this.#root.directory(topicsDirectoryName);
    const removed = await this.#root.directory(removedDirectoryName);
    if ((await topics.list()).includes(folder)) {
      if ((await removed.list()).includes(folder)) await this.finish(new Set([folder]));
      await this.#root.moveDirectory([topicsDirectoryName, folder], [removedDirectoryName, folder]);
    } else {
      // An earlier attempt moved it, and failed after that: perhaps before it was durable.
      await removed.sync();
      await topics.sync();
    }
    await empty(await removed.directory(folder));
    this.#marked.add(folder);
    await this.#removeMarks(journal);
  }

  async #removeMarks(journal: Journal): Promise<void> {
    const free = [...this.#marked].filter((folder) => !journal.mayHold(folder));
    if (free.length === 0) return;
    const removed = await this.#root.directory(removedDirectoryName);
    for (const folder of free) {
      await removed.removeDirectory(folder);
      this.#marked.delete(folder);
    }
    await removed.sync();
  }
}

async function empty(directory: Directory): Promise<void> {
  for (const name of await directory.list()) await directory.remove(name);
  await directory.sync();
}

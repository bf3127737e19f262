/**
 * One process at a time may own a data directory. No runtime here has `flock`, so a file says who the owner is, exactly
 * enough to tell a living owner from one that is gone and from a stranger that got its process id since.
 */
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";

export const lockFileName = "lock";

/** Attempts at a lock whose owner is gone, before somebody else is believed to be faster. */
const attemptsMax = 10;

/** What the lock file says. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** When it took the lock, as ISO 8601. */
  readonly since: string;
  /** What tells this process from another one of the same id: the machine's boot and the start; empty where unknown. */
  readonly incarnation: string;
}

/** Another process, or this one, owns the data directory. Nothing was changed. */
export class DirectoryLockedError extends Error {
  override readonly name = "DirectoryLockedError";
  readonly code = "DIRECTORY_LOCKED";
  readonly path: string;
  readonly holder: LockHolder;

  constructor(path: string, holder: LockHolder) {
    const { pid, host, since } = holder;
    const hint = host === hostname() ? "" : `; if that process is gone, remove ${join(path, lockFileName)}`;
    super(`Cannot open data directory ${path}: it is locked by process ${pid} on host ${host} since ${since}${hint}`);
    this.path = path;
    this.holder = holder;
  }
}

/** Takes the lock of a directory; the result gives it back. Rejects with `DirectoryLockedError`. */
export async function lockDirectory(path: string): Promise<() => Promise<void>> {
  const file = join(path, lockFileName);
  const own: LockHolder = {
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    incarnation: await incarnationOf(process.pid),
  };
  const text = `${JSON.stringify({ ...own, nonce: crypto.randomUUID() })}\n`;
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    if (await createWhole(file, text)) return () => unlock(file, text);
    const found = await readIfThere(file);
    if (found === undefined) continue;
    const holder = parseHolder(found);
    if (holder !== undefined && (await isAlive(holder))) throw new DirectoryLockedError(path, holder);
    if (await replaceStale(file, found, text)) return () => unlock(file, text);
  }
  throw new DirectoryLockedError(path, { pid: 0, host: "unknown", since: "a moment ago", incarnation: "" });
}

/** Creates the file with all of its text at once, so that nobody ever reads a half; false when there is one already. */
async function createWhole(file: string, text: string): Promise<boolean> {
  const draft = `${file}.${process.pid}.${crypto.randomUUID()}`;
  await writeFile(draft, text, { flag: "wx" });
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    // Some network and foreign file systems have no links.
    return createExclusive(file, text);
  } finally {
    await rm(draft, { force: true });
  }
}

async function createExclusive(file: string, text: string): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: "wx" });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/**
 * Puts the own lock in the place of the stale one that was found; false when somebody else was faster. Whoever has the
 * claim file may replace the lock, one at a time; what stands there in the end says who succeeded.
 */
async function replaceStale(file: string, found: string, text: string): Promise<boolean> {
  const claim = `${file}.claim`;
  if (!(await createWhole(claim, text))) {
    const other = await readIfThere(claim);
    const holder = other === undefined ? undefined : parseHolder(other);
    // Its process stopped in the middle of taking over. Should another one remove it too, the last check tells.
    if (holder === undefined || !(await isAlive(holder))) await rm(claim, { force: true });
    return false;
  }
  if ((await readIfThere(file)) !== found) {
    await rm(claim, { force: true });
    return false;
  }
  try {
    await rename(claim, file);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
  return (await readIfThere(file)) === text;
}

async function unlock(file: string, text: string): Promise<void> {
  if ((await readIfThere(file)) === text) await rm(file, { force: true });
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Undefined when the text is no lock: what a crash of the machine left of one. */
function parseHolder(text: string): LockHolder | undefined {
  try {
    const { pid, host, since, incarnation } = JSON.parse(text) as Partial<LockHolder>;
    if (typeof pid !== "number" || typeof host !== "string") return undefined;
    return { pid, host, since: String(since), incarnation: String(incarnation ?? "") };
  } catch {
    return undefined;
  }
}

/** A holder on another host cannot be asked, so it counts as alive. */
async function isAlive(holder: LockHolder): Promise<boolean> {
  if (holder.host !== hostname()) return true;
  if (!Number.isInteger(holder.pid) || holder.pid < 1) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (codeOf(error) !== "EPERM") return false;
  }
  const incarnation = await incarnationOf(holder.pid);
  return incarnation === "" || holder.incarnation === "" || incarnation === holder.incarnation;
}

/** Boot and start time of a process, as Linux tells them; empty elsewhere. */
async function incarnationOf(pid: number): Promise<string> {
  try {
    const boot = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // The second field is a name in brackets that may hold anything; the start time is the 20th after it.
    const startTicks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    return startTicks === undefined ? "" : `${boot}/${startTicks}`;
  } catch {
    return "";
  }
}

export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

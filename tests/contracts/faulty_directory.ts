import type { Directory, DirectoryPath, LogFile } from "../../src/log/mod.ts";

export type FaultyOperation =
  | "list"
  | "open"
  | "read"
  | "write"
  | "sync"
  | "truncate"
  | "replace"
  | "rename"
  | "remove"
  | "names";

interface Fault {
  readonly operation: FaultyOperation;
  readonly code: string;
  readonly name: string;
  /** A write gives up after so large a share of its bytes; other operations do nothing. */
  readonly share: number;
  times: number;
}

/** Errors as disks report them, to be injected into any `Directory`. */
export class Faults {
  readonly #faults: Fault[] = [];
  /** How many operations failed so far. */
  struck = 0;

  /** Lets the next `times` operations on names that contain `name` fail. */
  fail(operation: FaultyOperation, code: string, options: Partial<Pick<Fault, "name" | "share" | "times">> = {}): void {
    this.#faults.push({ operation, code, name: "", share: 0, times: 1, ...options });
  }

  heal(): void {
    this.#faults.length = 0;
  }

  /** The fault that is due now, if any. */
  due(operation: FaultyOperation, name: string): Fault | undefined {
    const fault = this.#faults.find((one) => one.operation === operation && one.times > 0 && name.includes(one.name));
    if (fault === undefined) return undefined;
    fault.times--;
    this.struck++;
    return fault;
  }

  judge(operation: FaultyOperation, name: string): void {
    const fault = this.due(operation, name);
    if (fault !== undefined) throw errorOf(fault, name);
  }
}

function errorOf(fault: Fault, name: string): Error {
  return Object.assign(new Error(`${fault.code}: ${fault.operation} of ${name} failed`), { code: fault.code });
}

/** A directory whose operations fail when `faults` says so, and else do what `inner` does. */
export class FaultyDirectory implements Directory {
  readonly #inner: Directory;
  readonly #faults: Faults;

  constructor(inner: Directory, faults: Faults) {
    this.#inner = inner;
    this.#faults = faults;
  }

  async list(): Promise<string[]> {
    this.#faults.judge("list", "");
    return this.#inner.list();
  }

  async directory(name: string): Promise<Directory> {
    return new FaultyDirectory(await this.#inner.directory(name), this.#faults);
  }

  async open(name: string, options?: { readonly mustExist?: boolean }): Promise<LogFile> {
    this.#faults.judge("open", name);
    return new FaultyFile(await this.#inner.open(name, options), name, this.#faults);
  }

  async readFile(name: string): Promise<Uint8Array | undefined> {
    this.#faults.judge("read", name);
    return this.#inner.readFile(name);
  }

  async replaceFile(name: string, bytes: Uint8Array): Promise<void> {
    this.#faults.judge("replace", name);
    return this.#inner.replaceFile(name, bytes);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#faults.judge("rename", from);
    return this.#inner.rename(from, to);
  }

  async remove(name: string): Promise<void> {
    this.#faults.judge("remove", name);
    return this.#inner.remove(name);
  }

  async moveDirectory(from: DirectoryPath, to: DirectoryPath): Promise<void> {
    this.#faults.judge("rename", from.join("/"));
    return this.#inner.moveDirectory(from, to);
  }

  async removeDirectory(name: string): Promise<void> {
    this.#faults.judge("remove", name);
    return this.#inner.removeDirectory(name);
  }

  async sync(): Promise<void> {
    this.#faults.judge("names", "");
    return this.#inner.sync();
  }
}

class FaultyFile implements LogFile {
  readonly #inner: LogFile;
  readonly #name: string;
  readonly #faults: Faults;

  constructor(inner: LogFile, name: string, faults: Faults) {
    this.#inner = inner;
    this.#name = name;
    this.#faults = faults;
  }

  get size(): number {
    return this.#inner.size;
  }

  async read(at: number, length: number): Promise<Uint8Array> {
    this.#faults.judge("read", this.#name);
    return this.#inner.read(at, length);
  }

  write(at: number, parts: readonly Uint8Array[]): void {
    const fault = this.#faults.due("write", this.#name);
    if (fault === undefined) {
      this.#inner.write(at, parts);
      return;
    }
    const whole = new Uint8Array(Buffer.concat(parts));
    this.#inner.write(at, [whole.subarray(0, Math.floor(fault.share * whole.length))]);
    throw errorOf(fault, this.#name);
  }

  async truncate(size: number): Promise<void> {
    this.#faults.judge("truncate", this.#name);
    return this.#inner.truncate(size);
  }

  async sync(options?: { readonly alone?: boolean }): Promise<void> {
    this.#faults.judge("sync", this.#name);
    return this.#inner.sync(options);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

/** The services of this node: what it registers, what its checks find, and what it tells others of both. */
import { type Clock, type ServiceDefinition, type ServiceInstance, sameBytes } from "../base/mod.ts";
import type { CommitLog } from "../log/mod.ts";
import {
  CommandChecksRefusedError,
  commandCheckOf,
  encodeService,
  type Folded,
  type FormerHealth,
  healthStates,
  instanceOf,
  NotReportableError,
  nodeServicesMax,
  type ResolvedService,
  resolveService,
  ServiceIdTakenError,
  type ServiceOrigin,
  type ServiceRecord,
  sameNameKey,
  servicesMax,
  TooManyServicesError,
  UnknownServiceError,
} from "../registry/mod.ts";
import { messageOf } from "./error_text.ts";
import type { ServiceChecks, ServiceChecksOptions } from "./service_checks.ts";
import type { ServiceTopic, ServiceWrite } from "./service_topic.ts";
import type { HealthReport } from "./services.ts";

/** Opens what runs the checks. */
export type OpenChecks = (on: Pick<ServiceChecksOptions, "onChanged" | "onExpired">) => ServiceChecks;

export interface NodeServicesOptions {
  readonly nodeName: string;
  readonly log: Pick<CommitLog, "writer">;
  readonly clock: Clock;
  readonly topic: ServiceTopic;
  readonly openChecks: OpenChecks;
  /** Whether checks run programs that the topic alone remembers. */
  readonly allowCommandChecks: boolean;
  readonly onWarn: (message: string) => void;
}

interface OwnService {
  readonly service: ResolvedService;
  readonly origin: ServiceOrigin;
  /** Where callers go. */
  readonly address: string;
}

/** A change of what is registered, made in memory. */
interface Made<Result> {
  readonly reason: string;
  /** What to answer once it is written. */
  readonly result: Result;
  /** Takes it back when it cannot be written. */
  readonly undo: () => void;
}

/** A change that somebody asked for and waits for. */
interface Change {
  readonly id: string;
  /** Throws why it may not be made. */
  readonly make: () => Pick<Made<unknown>, "reason" | "undo"> & { readonly resolve: () => void };
  readonly reject: (error: unknown) => void;
}

/** How long a node that leaves waits for its word to be on disk, in milliseconds. */
const withdrawMsMax = 500;
/** How long after what could not be written it is tried again. */
const writeAgainMs = 1_000;
/**
 * Records under this node's name that others wrote are set right at most so often: a node that runs under the same name
 * does so, too, until one of both gives way.
 */
const contestEveryMs = 5_000;

/**
 * What stands in the topic under this node's name is to be what this node says, whoever wrote it. Changes go there one
 * after another, and each takes in first what is there. Changes that are asked for while others are written are written
 * together.
 */
export class NodeServices implements AsyncDisposable {
  readonly #options: NodeServicesOptions;
  readonly #checks: ServiceChecks;
  readonly #services = new Map<string, OwnService>();
  /** What stood in the topic when the node was started: what its directory remembers. */
  readonly #remembered = new Map<string, ServiceRecord>();
  /** Services that may stand otherwise in the topic than they are, with the reason to give. */
  readonly #changed = new Map<string, { readonly reason: string }>();
  /** Those of which others wrote; undefined is the node itself. */
  readonly #contested = new Set<string | undefined>();
  readonly #cancels = new Map<string, () => void>();
  /** As many as callers wait. */
  readonly #waiting: Change[] = [];
  #host = "";
  #hasStarted = false;
  #turn: Promise<unknown> = Promise.resolve();
  #flushIsDue = false;
  #hasEntered = false;
  #isAway = false;
  #closed = false;
  #written = 0;

  constructor(options: NodeServicesOptions) {
    this.#options = options;
    this.#checks = options.openChecks({
      onChanged: (id, _health, reason) => this.#change(id, reason),
      onExpired: (id, reason) => {
        this.#services.delete(id);
        this.#change(id, reason);
      },
    });
  }

  /** Services that this node has. */
  get size(): number {
    return this.#services.size;
  }

  /** Records that it wrote. */
  get written(): number {
    return this.#written;
  }

  get checkCounts(): ServiceChecks["counts"] {
    return this.#checks.counts;
  }

  /** What the topic held of this node before anything was heard from others. */
  remember({ node, id, record }: Folded): void {
    if (node !== this.#options.nodeName || id === undefined) return;
    if (record === undefined) this.#remembered.delete(id);
    else this.#remembered.set(id, record);
  }

  /** Something came of the topic. Records under this node's name that others wrote are set right. */
  folded({ node, id, writer }: Folded): void {
    const { nodeName, log } = this.#options;
    if (node !== nodeName || writer === log.writer) return;
    this.#contested.add(id);
    if (this.#hasEntered) this.#later("contest", contestEveryMs, () => this.#setRight());
  }

  /** Checks from now on what the configuration names and what is remembered. `host` is the address of those that have none. */
  start(configured: readonly ResolvedService[], host: string): void {
    this.#host = host;
    this.#hasStarted = true;
    for (const service of configured) this.#take(service, "config", this.#formerOf(service.id));
    this.#takeRemembered();
    for (const id of this.#services.keys()) this.#changed.set(id, { reason: "registered" });
  }

  /** All was told that is remembered. Mostly that is before the start; later where it could not be read at once. */
  recall(): void {
    if (!this.#hasStarted) return;
    this.#takeRemembered();
    this.#flushSoon();
  }

  /** The node takes produces. */
  enter(): void {
    this.#hasEntered = true;
    this.#setRight();
  }

  /**
   * Registers a service, and resolves once that is fsynced and found here. Rejects with `InvalidServiceError`,
   * `TooManyServicesError`, `ServiceIdTakenError`, `CommandChecksRefusedError`, or as produce does, and then all is as before.
   */
  async register(
    definition: ServiceDefinition,
    { mayRunPrograms }: { readonly mayRunPrograms: boolean },
  ): Promise<ServiceInstance> {
    const service = resolveService(definition);
    const { id } = service;
    const program = mayRunPrograms ? undefined : commandCheckOf(service);
    if (program !== undefined) throw new CommandChecksRefusedError(program);
    return await this.#ask(id, () => {
      const before = this.#services.get(id);
      if (before !== undefined && sameNameKey(before.service.name) !== sameNameKey(service.name)) {
        throw new ServiceIdTakenError(service, before.service.name, this.#options.nodeName);
      }
      if (before === undefined && this.#services.size >= nodeServicesMax) {
        throw new TooManyServicesError("this node", this.#services.size, nodeServicesMax);
      }
      // Beyond them nodes pass over what is new.
      const { fold } = this.#options.topic;
      if (fold.services >= servicesMax && fold.get({ node: this.#options.nodeName, id }) === undefined) {
        throw new TooManyServicesError("the cluster", fold.services, servicesMax);
      }
      this.#take(service, "call");
      return {
        reason: before === undefined ? "registered" : "registered again",
        result: { ...instanceOf(this.#options.nodeName, this.#record(id) as ServiceRecord), rttMs: 0 },
        undo: () => (before === undefined ? this.#drop(id) : this.#take(before.service, before.origin)),
      };
    });
  }

  /** Rejects with `UnknownServiceError`, or as produce does, and then all is as before. */
  deregister(id: string): Promise<void> {
    return this.#ask(id, () => {
      const before = this.#services.get(id);
      if (before === undefined) throw new UnknownServiceError("deregister", id, this.#options.nodeName);
      const health = this.#checks.health(id);
      this.#drop(id);
      return {
        reason: "deregistered",
        result: undefined,
        undo: () => this.#take(before.service, before.origin, health && { definitions: before.service.checks, health }),
      };
    });
  }

  /**
   * Resolves once what it changes is found here, or could not be written and will be later. Rejects with
   * `UnknownServiceError` or `NotReportableError`.
   */
  async report(id: string, { state, check = "", output = "" }: HealthReport): Promise<void> {
    if (!this.#services.has(id)) throw new UnknownServiceError("report on", id, this.#options.nodeName);
    if (!healthStates.includes(state)) {
      const problem = `the state is ${JSON.stringify(state)}, allowed is one of ${healthStates.join(", ")}`;
      throw new NotReportableError(id, problem);
    }
    this.#checks.report(id, check === "" ? undefined : check, { state, output });
    if (this.#changed.has(id)) await this.#turn;
  }

  /** Says that the node is away, and its services with it. Resolves soon, whatever happens. */
  async withdraw(): Promise<void> {
    this.#isAway = true;
    if (this.#services.size === 0 || !this.#hasEntered) return;
    const written = this.#inTurn(() => this.#write(new Map())).catch((error: unknown) => {
      this.#options.onWarn(`cannot say that services leave: ${messageOf(error)}`);
    });
    const tooLate = new Promise<void>((resolve) => this.#later("withdraw", withdrawMsMax, resolve));
    await Promise.race([written, tooLate]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const cancel of this.#cancels.values()) cancel();
    await this.#checks[Symbol.asyncDispose]();
    await this.#turn;
  }

  #take(service: ResolvedService, origin: ServiceOrigin, former?: FormerHealth): void {
    this.#services.set(service.id, { service, origin, address: service.address ?? this.#host });
    this.#checks.put(service, former);
  }

  #drop(id: string): void {
    this.#services.delete(id);
    this.#checks.remove(id);
  }

  #formerOf(id: string): FormerHealth | undefined {
    const record = this.#remembered.get(id);
    return record && { definitions: record.service.checks, health: record };
  }

  #takeRemembered(): void {
    for (const [id, { service, origin }] of this.#remembered) {
      if (this.#services.has(id)) continue;
      const program = this.#options.allowCommandChecks ? undefined : commandCheckOf(service);
      let reason = "registered";
      if (origin === "config") {
        reason = "its node's configuration no longer names it";
      } else if (program !== undefined) {
        const fix = "start it with --allow-command-checks, or name the service in its configuration";
        this.#options.onWarn(`service ${id} is not registered again: ${program} runs a program; ${fix}`);
        reason = "its node no longer runs programs for checks";
      } else if (this.#services.size >= nodeServicesMax) {
        const fix = "name fewer in its configuration, and register it anew";
        this.#options.onWarn(`service ${id} is not registered again: this node has ${nodeServicesMax}; ${fix}`);
        reason = "its node has as many services as it may";
      } else {
        this.#take(service, "call", this.#formerOf(id));
      }
      this.#changed.set(id, { reason });
    }
    this.#remembered.clear();
  }

  #record(id: string): ServiceRecord | undefined {
    const own = this.#services.get(id);
    const health = this.#checks.health(id);
    return own === undefined || health === undefined ? undefined : { ...own, ...health };
  }

  #change(id: string, reason: string): void {
    this.#changed.set(id, { reason });
    this.#flushSoon();
  }

  #setRight(): void {
    const own = [...this.#contested].filter((id) => id !== undefined);
    this.#contested.clear();
    for (const id of own) {
      if (!this.#changed.has(id)) this.#changed.set(id, { reason: "its node says so" });
    }
    this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#flushIsDue || !this.#hasEntered || this.#closed) return;
    this.#flushIsDue = true;
    const flushed = this.#inTurn(() => {
      this.#flushIsDue = false;
      return this.#write(this.#changed);
    });
    flushed.catch((error: unknown) => {
      if (this.#closed) return;
      this.#options.onWarn(`cannot write how services are: ${messageOf(error)}`);
      this.#later("write", writeAgainMs, () => this.#flushSoon());
    });
  }

  /** Writes what stands otherwise in the topic than it is. Resolves once that is fsynced. */
  async #write(changed: ReadonlyMap<string, { readonly reason: string }>): Promise<void> {
    const { topic, nodeName: node } = this.#options;
    await topic.takeIn();
    const written = [...changed];
    const writes = written.flatMap(([id, { reason }]): ServiceWrite[] => {
      const [said, stands] = [this.#record(id), topic.fold.get({ node, id })];
      return isSame(said, stands) ? [] : [{ key: { node, id }, said, reason }];
    });
    const away = this.#isAway;
    if (topic.fold.isAway(node) !== away) {
      const reason = `node ${JSON.stringify(node)} is ${away ? "leaving" : "back"}`;
      writes.push({ key: { node, id: undefined }, said: { away }, reason });
    }
    if (writes.length > 0) await topic.write(writes);
    this.#written += writes.length;
    // What changed meanwhile is still to be written.
    for (const [id, change] of written) if (this.#changed.get(id) === change) this.#changed.delete(id);
  }

  #ask<Result>(id: string, make: () => Made<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const makeIt: Change["make"] = () => {
        const { result, ...made } = make();
        return { ...made, resolve: () => resolve(result) };
      };
      this.#waiting.push({ id, make: makeIt, reject });
      void this.#inTurn(() => this.#writeWaiting());
    });
  }

  /** Makes and writes changes that wait, as many as are of different services: each change has a turn, so none is left. */
  async #writeWaiting(): Promise<void> {
    const ids = new Set<string>();
    const again = this.#waiting.findIndex(({ id }) => ids.size === ids.add(id).size);
    const taken = this.#waiting.splice(0, again < 0 ? this.#waiting.length : again);
    if (taken.length === 0) return;
    const made = new Map<string, ReturnType<Change["make"]>>();
    try {
      await this.#options.topic.takeIn();
      for (const { id, make, reject } of taken) {
        try {
          made.set(id, make());
        } catch (error) {
          reject(error);
        }
      }
      await this.#write(made);
      for (const { resolve } of made.values()) resolve();
    } catch (error) {
      for (const { undo } of [...made.values()].reverse()) undo();
      for (const { reject } of taken) reject(error);
      // Some of it may have been written all the same.
      for (const id of made.keys()) this.#changed.set(id, { reason: "its node says so" });
      this.#later("write", writeAgainMs, () => this.#flushSoon());
    }
  }

  #inTurn<Result>(change: () => Promise<Result>): Promise<Result> {
    const done = this.#turn.then(change);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** One of each kind waits. */
  #later(what: string, delayMs: number, action: () => void): void {
    if (this.#cancels.has(what) || this.#closed) return;
    const { clock } = this.#options;
    const cancel = clock.schedule(clock.nowMs() + delayMs, () => {
      this.#cancels.delete(what);
      action();
    });
    this.#cancels.set(what, cancel);
  }
}

function isSame(left: ServiceRecord | undefined, right: ServiceRecord | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return sameBytes(encodeService(left), encodeService(right));
}

/** Carries a plan out on real processes, and keeps account of what came of it. */
import type { AgentEvent, ListedMember, QueryReport } from "./agent_client.ts";
import type { KnownMember } from "./agreement.ts";
import { rotateKey } from "./key_rotation.ts";
import { Ledger } from "./ledger.ts";
import { type MemberKind, MemberProcess } from "./member_process.ts";
import type { Step } from "./plan.ts";

export interface ChurnSettings {
  readonly profile: string;
  readonly directory: string;
  readonly kinds: ReadonlyMap<string, MemberKind>;
  readonly firstKey: string;
  /** After so long undisturbed nobody may be seen failed. */
  readonly calmMsMin: number;
  readonly log: (line: string) => void;
}

/** What a query came to, and who should have answered: all that ran undisturbed all the while. */
export interface QueryAccount extends QueryReport {
  readonly name: string;
  readonly expected: readonly string[];
}

const joinAttemptsMax = 10;
const startsAtOnceMax = 4;

const sleep = (durationMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, durationMs)));

export class Churn implements AsyncDisposable {
  readonly ledger: Ledger = new Ledger();
  readonly queries: QueryAccount[] = [];
  /** What must not happen, a line each. */
  readonly faults: string[] = [];
  /** Members that were seen failed though nothing had been done to them. */
  readonly falseFailures: string[] = [];
  rotations = 0;
  readonly #settings: ChurnSettings;
  readonly #members = new Map<string, MemberProcess>();
  readonly #tags = new Map<string, Map<string, string>>();
  /** Members that run, and take part or are about to. */
  readonly #running = new Set<string>();
  readonly #paused = new Set<string>();
  /** When something was last done to a member that others may take for its death. */
  readonly #disturbedAtMs = new Map<string, number>();
  /** The steps of each member follow each other. */
  readonly #turns = new Map<string, Promise<void>>();
  readonly #pending = new Set<Promise<void>>();
  #keys: readonly string[];
  #rotation: Promise<void> = Promise.resolve();
  readonly #beganAtMs = performance.now();

  constructor(settings: ChurnSettings) {
    this.#settings = settings;
    this.#keys = [settings.firstKey];
    for (const [name, kind] of settings.kinds) {
      const { profile, directory } = settings;
      const onCrash = (member: MemberProcess): void =>
        this.#fault(`${member.name} ended by itself; see ${member.logFile}`);
      const onEvent = (member: MemberProcess, life: number, event: AgentEvent): void => this.#hear(member, life, event);
      this.#members.set(name, new MemberProcess(name, kind, { profile, directory, onEvent, onCrash }));
      this.#tags.set(name, new Map());
    }
  }

  /** Starts these, a few at a time, and joins them all. */
  async startAll(names: readonly string[]): Promise<void> {
    const [first, ...others] = names as [string, ...string[]];
    await this.#start(first, [], false);
    const starting = others.values();
    const startSome = async (): Promise<void> => {
      for (const name of starting) await this.#start(name, [first], false);
    };
    await Promise.all(Array.from({ length: startsAtOnceMax }, startSome));
  }

  /** Does what the plan says when it says so; resolves when all of it is done. */
  async run(plan: readonly Step[]): Promise<void> {
    const startedAtMs = performance.now();
    for (const step of plan) {
      await sleep(startedAtMs + step.atMs - performance.now());
      this.#log(describe(step));
      const done = this.#take(step).catch((error: Error) => this.#fault(`${describe(step)}: ${error.message}`));
      this.#pending.add(done);
      void done.then(() => this.#pending.delete(done));
    }
    await Promise.all(this.#pending);
  }

  /** What every member that runs sees. */
  async lists(): Promise<Map<string, readonly ListedMember[]>> {
    const lists = new Map<string, readonly ListedMember[]>();
    const ask = async (name: string): Promise<void> => {
      lists.set(
        name,
        await this.#member(name)
          .client.members()
          .catch(() => []),
      );
    };
    await Promise.all([...this.#running].map(ask));
    return new Map([...lists].sort(([left], [right]) => (left < right ? -1 : 1)));
  }

  /** What the lists should say. */
  known(): ReadonlyMap<string, KnownMember> {
    return new Map(
      [...this.#running].map((name) => {
        const tags = this.#tags.get(name) as ReadonlyMap<string, string>;
        return [name, { address: this.#member(name).address, tags }];
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#members.values()].map((member) => member.kill()));
  }

  #member(name: string): MemberProcess {
    return this.#members.get(name) as MemberProcess;
  }

  #log(line: string): void {
    this.#settings.log(`${((performance.now() - this.#beganAtMs) / 1_000).toFixed(1).padStart(7)} s  ${line}`);
  }

  #fault(line: string): void {
    this.#log(`FAULT ${line}`);
    this.faults.push(line);
  }

  async #take(step: Step): Promise<void> {
    switch (step.type) {
      case "start":
      case "leave":
      case "kill":
      case "pause":
      case "resume": {
        const turn = (this.#turns.get(step.member) ?? Promise.resolve()).then(() => this.#move(step));
        // One that went wrong is told of once, and does not keep the next from its turn.
        this.#turns.set(
          step.member,
          turn.catch(() => {}),
        );
        return turn;
      }
      case "rotate":
        this.#rotation = this.#rotation.then(() => this.#rotate(step));
        return this.#rotation;
      default:
        await this.#turns.get(step.member);
        if (this.#running.has(step.member)) await this.#command(step);
    }
  }

  /** Steps that change whether a member takes part. */
  async #move(step: Extract<Step, { type: "start" | "leave" | "kill" | "pause" | "resume" }>): Promise<void> {
    const { type, member: name } = step;
    const member = this.#member(name);
    this.#disturbedAtMs.set(name, performance.now());
    if (type === "start") return this.#start(name, step.via, step.moves);
    if (type === "pause" || type === "resume") {
      member.signal(type === "pause" ? "SIGSTOP" : "SIGCONT");
      if (type === "pause") this.#paused.add(name);
      else this.#paused.delete(name);
      return;
    }
    this.#running.delete(name);
    this.ledger.ended(name, member.life, performance.now());
    if (type === "kill") return member.kill();
    const error = await member.leave();
    if (error !== "") this.#fault(`${name} cannot leave: ${error}`);
    return;
  }

  async #start(name: string, via: readonly string[], moves: boolean): Promise<void> {
    const member = this.#member(name);
    const tags = this.#tags.get(name) as Map<string, string>;
    tags.set("life", String(member.life + 1));
    await member.start({ keys: this.#keys, tags, moves });
    this.ledger.started(name, member.life, performance.now());
    await this.#join(name, via);
    this.ledger.joined(name, member.life, performance.now());
    this.#disturbedAtMs.set(name, performance.now());
    this.#running.add(name);
  }

  async #join(name: string, via: readonly string[]): Promise<void> {
    for (let attempt = 1; via.length > 0; attempt++) {
      const there = via.filter((other) => this.#running.has(other) && !this.#paused.has(other)).slice(0, 3);
      const joined = await this.#member(name).client.join(there.map((other) => this.#member(other).address));
      if (joined > 0) return;
      if (attempt >= joinAttemptsMax) throw new Error(`it cannot join any of ${there.join(", ")}`);
      await sleep(500);
    }
  }

  async #command(step: Extract<Step, { type: "tags" | "event" | "query" | "join" | "force-leave" }>): Promise<void> {
    const { member: name } = step;
    const { client } = this.#member(name);
    const { life } = this.#member(name);
    let error = "";
    switch (step.type) {
      case "tags": {
        error = await client.tags(step.set, step.remove);
        if (error !== "") break;
        const tags = this.#tags.get(name) as Map<string, string>;
        for (const tag of step.remove) tags.delete(tag);
        for (const [tag, value] of step.set) tags.set(tag, value);
        break;
      }
      case "event":
        this.ledger.sent(step.name, performance.now());
        error = await client.event(step.name, step.name);
        break;
      case "query":
        await this.#query(name, step.name);
        break;
      case "join":
        await client.join([this.#member(step.with).address]);
        break;
      case "force-leave":
        this.#disturbedAtMs.set(step.target, performance.now());
        error = await client.forceLeave(step.target, step.prune);
        break;
      default:
        step satisfies never;
    }
    // Who was killed meanwhile cannot answer.
    if (error !== "" && this.#running.has(name) && this.#member(name).life === life) {
      this.#fault(`${describe(step)}: ${error}`);
    }
  }

  /** Asks, and notes who should have answered: who took part from before the question until its end. */
  async #query(name: string, query: string): Promise<void> {
    const beganAtMs = performance.now();
    const lives = new Map([...this.#running].map((each) => [each, this.#member(each).life]));
    const report = await this.#member(name).client.query(query);
    if (!this.#running.has(name) || this.#member(name).life !== lives.get(name)) return;
    const expected = [...lives].flatMap(([each, life]) => {
      const wasThere = this.#running.has(each) && this.#member(each).life === life && !this.#paused.has(each);
      return wasThere && (this.#disturbedAtMs.get(each) ?? 0) < beganAtMs - 3_000 ? [each] : [];
    });
    this.queries.push({ name: query, expected, ...report });
    if (new Set(report.answeredBy).size < report.answeredBy.length)
      this.#fault(`${query} was answered twice by somebody`);
  }

  #hear(member: MemberProcess, life: number, event: AgentEvent): void {
    if (event.type === "user") this.ledger.told(member.name, life, event.payload);
    else if (event.type === "query") {
      if (member.life === life) member.client.respond(event.id, member.name).catch(() => {});
    } else if (event.event === "member-failed") {
      for (const name of event.names) this.#judge(member, name);
    }
  }

  #judge(observer: MemberProcess, name: string): void {
    const nowMs = performance.now();
    if (!this.#running.has(name) || this.#paused.has(name)) return;
    // Neither of them may have been disturbed: who was stopped itself misses what others say.
    for (const each of [name, observer.name]) {
      if (nowMs - (this.#disturbedAtMs.get(each) ?? 0) < this.#settings.calmMsMin) return;
    }
    this.#log(`FALSE FAILURE: ${observer.name} sees ${name} failed`);
    this.falseFailures.push(`${observer.name} ${name}`);
  }

  async #rotate({ members, key }: Extract<Step, { type: "rotate" }>): Promise<void> {
    const fault = await rotateKey({
      key,
      old: this.#keys[0] as string,
      provide: (keys) => {
        this.#keys = keys;
      },
      everybody: () => [...this.#running],
      // Another takes over for one who is away just now.
      client: (step) => {
        const free = [...this.#running].filter((name) => !this.#paused.has(name));
        const name = free.includes(members[step] as string) ? (members[step] as string) : (free[0] as string);
        return this.#member(name).client;
      },
      log: (line) => this.#log(line),
    });
    if (fault === undefined) this.rotations++;
    else this.#fault(fault);
  }
}

function describe(step: Step): string {
  switch (step.type) {
    case "tags":
      return `tags ${step.member}: ${[...step.set].map(([tag, value]) => `${tag}=${value}`)} without [${step.remove}]`;
    case "start":
      return `start ${step.member}${step.moves ? " elsewhere" : ""}`;
    case "event":
    case "query":
      return `${step.type} ${step.name} by ${step.member}`;
    case "join":
      return `join ${step.member} with ${step.with}`;
    case "force-leave":
      return `force-leave ${step.prune ? "and prune " : ""}${step.target} by ${step.member}`;
    case "rotate":
      return `rotate the key by ${step.members.join(", ")}`;
    default:
      return `${step.type} ${step.member}`;
  }
}

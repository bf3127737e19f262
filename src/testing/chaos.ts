import { Random } from "../base/mod.ts";
import { type FaultKind, kindOfStrike, type Strike } from "./faults.ts";
import type { SimNode } from "./sim_node.ts";
import type { CrashMode } from "./simulated_file.ts";
import { StorageChaos } from "./storage_chaos.ts";
import type { World } from "./world.ts";

/** Nodes that join in one world. */
const joinedMax = 2;

/** One strike draws its own random numbers: it is the same one whether or not those before it happened. */
export interface Blow {
  readonly random: Random;
  /** Does something after the time that a strike lasts, and no sooner than after so many milliseconds. */
  readonly later: (act: () => void, delayMsMin?: number) => void;
}

export interface ChaosOptions {
  /** Numbers of the strikes that happen, counted from 1. @default all */
  readonly only?: ReadonlySet<number> | undefined;
  /** Kinds of which they are. @default all */
  readonly kinds?: readonly FaultKind[] | undefined;
}

/** Lets the strikes of a world's `Faults` happen, each undone after a while, until it is stopped. */
export class Chaos {
  readonly #world: World;
  readonly #seed: number;
  readonly #options: ChaosOptions;
  /** Numbers of the strikes that happened. */
  readonly happened: number[] = [];
  #strikes = 0;
  #isStopped = false;
  #isPartitioned = false;
  #joined = 0;
  readonly #storage: StorageChaos;

  constructor(world: World, random: Random, options: ChaosOptions = {}) {
    this.#world = world;
    this.#seed = random.uint32();
    this.#options = options;
    this.#storage = new StorageChaos(world);
    const alarms = random.fork("alarms");
    this.#repeat(world.faults.strikeEveryMs, random.fork("strikes"), () => this.#strike());
    this.#repeat(world.faults.falseAlarmEveryMs, alarms, () => this.#falseAlarm(alarms));
  }

  /** Undoes everything and strikes no more. */
  stop(): void {
    this.#isStopped = true;
    this.#world.heal();
    for (const node of this.#world.nodes) {
      this.#world.unhang(node.name);
      this.#world.resume(node.name);
      node.disk.healFaults();
      node.start();
    }
  }

  #repeat(everyMs: number, random: Random, act: () => void): void {
    if (everyMs === 0) return;
    this.#after(random.between(1, 2 * everyMs), () => {
      act();
      this.#repeat(everyMs, random, act);
    });
  }

  #after(delayMs: number, act: () => void): void {
    this.#world.schedule(this.#world.nowMs + delayMs, () => {
      if (!this.#isStopped) act();
    });
  }

  #strike(): void {
    const number = ++this.#strikes;
    if (this.#options.only?.has(number) === false) return;
    const random = new Random(`${this.#seed}/strike/${number}`);
    const [low, high] = this.#world.faults.strikeMs;
    const later: Blow["later"] = (act, delayMsMin = 0) => this.#after(delayMsMin + random.between(low, high), act);
    const node = random.pick(this.#world.nodes);
    const strike = this.#pickStrike(random);
    if (node === undefined || strike === undefined) return;
    if (this.#options.kinds?.includes(kindOfStrike[strike]) === false) return;
    this.happened.push(number);
    this.#perform(strike, node, { random, later });
  }

  #perform(strike: Strike, node: SimNode, blow: Blow): void {
    switch (strike) {
      case "partition":
      case "oneWayPartition":
        this.#partition(strike === "oneWayPartition", blow);
        break;
      case "pause":
        this.#pause(node, blow);
        break;
      case "hang":
        this.#world.hang(node.name);
        blow.later(() => this.#world.unhang(node.name));
        break;
      case "crash":
        this.#crash(node, blow);
        break;
      case "wipe":
        this.#storage.wipe(node, blow);
        break;
      case "rot":
        this.#storage.rot(node, blow);
        break;
      case "restore":
        this.#storage.restore(node, blow, { tellsNode: true });
        break;
      case "fork":
        this.#storage.restore(node, blow, { tellsNode: false });
        break;
      case "clockJump":
        this.#jumpClock(node, blow);
        break;
      case "join":
        this.#join(node);
        break;
      case "diskFailure":
        this.#failDisk(node, blow);
        break;
      default:
        strike satisfies never;
    }
  }

  #pickStrike(random: Random): Strike | undefined {
    const weights = Object.entries(this.#world.faults.strikes) as [Strike, number][];
    const whole = weights.reduce((sum, [, weight]) => sum + weight, 0);
    let left = random.below(Math.max(1, whole));
    for (const [strike, weight] of weights) {
      if (left < weight) return strike;
      left -= weight;
    }
    return undefined;
  }

  #partition(oneWay: boolean, { random, later }: Blow): void {
    if (this.#isPartitioned) return;
    const names = random.shuffle(this.#world.nodes.map((node) => node.name));
    const size = random.between(1, Math.max(1, names.length - 1));
    this.#isPartitioned = true;
    this.#world.partition(names.slice(0, size), names.slice(size), { oneWay });
    later(() => {
      this.#isPartitioned = false;
      this.#world.heal();
    });
  }

  #pause(node: SimNode, { later }: Blow): void {
    if (!node.isRunning || node.isPaused) return;
    this.#world.pause(node.name);
    later(() => this.#world.resume(node.name));
  }

  #crash(node: SimNode, { random, later }: Blow): void {
    const mode = random.pick(this.#world.faults.crashModes) as CrashMode;
    this.#world.crash(node.name, mode, { tellsPeers: random.chance(0.7) });
    later(() => node.start());
  }

  #failDisk(node: SimNode, { random, later }: Blow): void {
    const operation = random.pick(["write", "sync", "read"] as const) ?? "write";
    node.trace(`has a disk that fails to ${operation}`);
    node.diskFailures++;
    // What was asked of the failing disk may still be answered long after it is well.
    this.#world.schedule(this.#world.nowMs + this.#world.faults.strikeMs[1] + 6_000, () => {
      node.diskFailures--;
    });
    const isFull = operation === "write" && random.chance(0.5);
    node.disk.failNext(operation, isFull ? "ENOSPC" : "EIO", { times: random.between(1, 5) });
    later(() => node.disk.healFaults());
  }

  #jumpClock(node: SimNode, { random }: Blow): void {
    const most = this.#world.faults.clockJumpMsMax;
    this.#world.jumpClock(node.name, random.between(-most, most));
  }

  /** A node that knows nothing, set up as this one is. */
  #join(like: SimNode): void {
    if (this.#joined >= joinedMax) return;
    this.#world.addNode(`late${++this.#joined}`, like.options);
  }

  #falseAlarm(random: Random): void {
    const observer = random.pick(this.#world.nodes);
    const other = random.pick(this.#world.nodes);
    if (observer && other && observer !== other) this.#world.falseAlarm(observer.name, other.name);
  }
}

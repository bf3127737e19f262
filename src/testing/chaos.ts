import type { Random } from "../base/mod.ts";
import type { Strike } from "./faults.ts";
import type { SimNode } from "./sim_node.ts";
import type { CrashMode } from "./simulated_file.ts";
import { StorageChaos } from "./storage_chaos.ts";
import type { World } from "./world.ts";

/** Nodes that join in one world. */
const joinedMax = 2;

/** Lets the strikes of a world's `Faults` happen, each undone after a while, until it is stopped. */
export class Chaos {
  readonly #world: World;
  readonly #random: Random;
  #isStopped = false;
  #isPartitioned = false;
  #joined = 0;
  readonly #storage: StorageChaos;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
    this.#storage = new StorageChaos(world, random.fork("storage"), (act, delayMsMin) =>
      this.#undoLater(act, delayMsMin),
    );
    this.#repeat(world.faults.strikeEveryMs, () => this.#strike());
    this.#repeat(world.faults.falseAlarmEveryMs, () => this.#falseAlarm());
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

  #repeat(everyMs: number, act: () => void): void {
    if (everyMs === 0) return;
    this.#after(this.#random.between(1, 2 * everyMs), () => {
      act();
      this.#repeat(everyMs, act);
    });
  }

  #after(delayMs: number, act: () => void): void {
    this.#world.schedule(this.#world.nowMs + delayMs, () => {
      if (!this.#isStopped) act();
    });
  }

  /** Undoes a strike once its time is over. */
  #undoLater(undo: () => void, delayMsMin = 0): void {
    const [low, high] = this.#world.faults.strikeMs;
    this.#after(delayMsMin + this.#random.between(low, high), undo);
  }

  #strike(): void {
    const node = this.#random.pick(this.#world.nodes);
    const strike = this.#pickStrike();
    if (node === undefined || strike === undefined) return;
    switch (strike) {
      case "partition":
      case "oneWayPartition":
        this.#partition(strike === "oneWayPartition");
        break;
      case "pause":
        this.#pause(node);
        break;
      case "hang":
        this.#world.hang(node.name);
        this.#undoLater(() => this.#world.unhang(node.name));
        break;
      case "crash":
        this.#crash(node);
        break;
      case "wipe":
        this.#storage.wipe(node);
        break;
      case "rot":
        this.#storage.rot(node);
        break;
      case "restore":
        this.#storage.restore(node, { tellsNode: true });
        break;
      case "fork":
        this.#storage.restore(node, { tellsNode: false });
        break;
      case "clockJump":
        this.#jumpClock(node);
        break;
      case "join":
        this.#join(node);
        break;
      case "diskFailure":
        this.#failDisk(node);
        break;
      default:
        strike satisfies never;
    }
  }

  #pickStrike(): Strike | undefined {
    const weights = Object.entries(this.#world.faults.strikes) as [Strike, number][];
    const whole = weights.reduce((sum, [, weight]) => sum + weight, 0);
    let left = this.#random.below(Math.max(1, whole));
    for (const [strike, weight] of weights) {
      if (left < weight) return strike;
      left -= weight;
    }
    return undefined;
  }

  #partition(oneWay: boolean): void {
    if (this.#isPartitioned) return;
    const names = this.#random.shuffle(this.#world.nodes.map((node) => node.name));
    const size = this.#random.between(1, Math.max(1, names.length - 1));
    this.#isPartitioned = true;
    this.#world.partition(names.slice(0, size), names.slice(size), { oneWay });
    this.#undoLater(() => {
      this.#isPartitioned = false;
      this.#world.heal();
    });
  }

  #pause(node: SimNode): void {
    if (!node.isRunning || node.isPaused) return;
    this.#world.pause(node.name);
    this.#undoLater(() => this.#world.resume(node.name));
  }

  #crash(node: SimNode): void {
    const mode = this.#random.pick(this.#world.faults.crashModes) as CrashMode;
    this.#world.crash(node.name, mode, { tellsPeers: this.#random.chance(0.7) });
    this.#undoLater(() => node.start());
  }

  #failDisk(node: SimNode): void {
    const operation = this.#random.pick(["write", "sync", "read"] as const) ?? "write";
    node.trace(`has a disk that fails to ${operation}`);
    node.diskFailures++;
    // What was asked of the failing disk may still be answered long after it is well.
    this.#world.schedule(this.#world.nowMs + this.#world.faults.strikeMs[1] + 6_000, () => {
      node.diskFailures--;
    });
    const isFull = operation === "write" && this.#random.chance(0.5);
    node.disk.failNext(operation, isFull ? "ENOSPC" : "EIO", { times: this.#random.between(1, 5) });
    this.#undoLater(() => node.disk.healFaults());
  }

  #jumpClock(node: SimNode): void {
    const most = this.#world.faults.clockJumpMsMax;
    this.#world.jumpClock(node.name, this.#random.between(-most, most));
  }

  /** A node that knows nothing, set up as this one is. */
  #join(like: SimNode): void {
    if (this.#joined >= joinedMax) return;
    this.#world.addNode(`late${++this.#joined}`, like.options);
  }

  #falseAlarm(): void {
    const observer = this.#random.pick(this.#world.nodes);
    const other = this.#random.pick(this.#world.nodes);
    if (observer && other && observer !== other) this.#world.falseAlarm(observer.name, other.name);
  }
}

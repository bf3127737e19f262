import type { ActiveCheck } from "./check_types.ts";

/** Runs over the network that go on at the same time. */
export const networkRunsMax = 512;

/** Programs that run at the same time. */
export const commandRunsMax = 16;

export interface RunLimits {
  readonly networkRunsMax: number;
  readonly commandRunsMax: number;
}

/** Room for so many runs, and who waits for it: the longest wait is served first, and nobody waits twice. */
class Room<Waiter> {
  readonly #max: number;
  readonly waiting = new Set<Waiter>();
  taken = 0;

  constructor(max: number) {
    this.#max = max;
  }

  take(): boolean {
    if (this.taken >= this.#max) return false;
    this.taken++;
    return true;
  }

  /** Who is to have the place that was given back; undefined when nobody waits. */
  next(): Waiter | undefined {
    const [first] = this.waiting;
    if (first !== undefined) this.waiting.delete(first);
    return first;
  }
}

/** Bounds how much runs at the same time. Programs cost more than connections, and neither holds up the other. */
export class RunRooms<Waiter> {
  readonly #network: Room<Waiter>;
  readonly #command: Room<Waiter>;

  constructor(limits: RunLimits) {
    this.#network = new Room(limits.networkRunsMax);
    this.#command = new Room(limits.commandRunsMax);
  }

  get running(): number {
    return this.#network.taken + this.#command.taken;
  }

  get waiting(): number {
    return this.#network.waiting.size + this.#command.waiting.size;
  }

  /** True: run now, and give the place back. False: `giveBack` names the waiter when it is its turn. */
  take(type: ActiveCheck["type"], waiter: Waiter): boolean {
    const room = this.#roomOf(type);
    if (room.take()) return true;
    room.waiting.add(waiter);
    return false;
  }

  /** Undefined: nobody waits for it. Otherwise that waiter is to `take` again. */
  giveBack(type: ActiveCheck["type"]): Waiter | undefined {
    const room = this.#roomOf(type);
    room.taken--;
    return room.next();
  }

  /** It wants to run no more. */
  forget(type: ActiveCheck["type"], waiter: Waiter): void {
    this.#roomOf(type).waiting.delete(waiter);
  }

  #roomOf(type: ActiveCheck["type"]): Room<Waiter> {
    return type === "command" ? this.#command : this.#network;
  }
}

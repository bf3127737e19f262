import type { ActiveCheck } from "./check_types.d.ts";
/** Runs over the network that go on at the same time. */
export declare const networkRunsMax = 512;
/** Programs that run at the same time. */
export declare const commandRunsMax = 16;
export interface RunLimits {
    readonly networkRunsMax: number;
    readonly commandRunsMax: number;
}
/** Bounds how much runs at the same time. Programs cost more than connections, and neither holds up the other. */
export declare class RunRooms<Waiter> {
    #private;
    constructor(limits: RunLimits);
    get running(): number;
    get waiting(): number;
    /** True: run now, and give the place back. False: `giveBack` names the waiter when it is its turn. */
    take(type: ActiveCheck["type"], waiter: Waiter): boolean;
    /** Undefined: nobody waits for it. Otherwise that waiter is to `take` again. */
    giveBack(type: ActiveCheck["type"]): Waiter | undefined;
    /** It wants to run no more. */
    forget(type: ActiveCheck["type"], waiter: Waiter): void;
}

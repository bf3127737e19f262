/** Those who wait for a group commit: each adds something to a group, and is answered once the group counts. */
import type { FrameHeader, WriterId } from "../base/mod.d.ts";
import type { Group } from "./group.d.ts";
import type { Ack, Applied } from "./types.d.ts";
export interface Waiting {
    readonly bytes: number;
    /** Adds it to a group; again, when an earlier group came to nothing. */
    stage(group: Group): void;
    /** Answers the caller with what `stage` decided. */
    answer(): void;
    readonly reject: (error: Error) => void;
}
/** A frame for this node's own feed. */
export declare class WaitingProduce implements Waiting {
    #private;
    readonly reject: (error: Error) => void;
    constructor(frame: Uint8Array, header: FrameHeader, resolve: (ack: Ack) => void, reject: (error: Error) => void);
    get bytes(): number;
    stage(group: Group): void;
    answer(): void;
}
/** Frames of a feed of our own that was given up, to be produced again. */
export declare class WaitingReproduce implements Waiting {
    #private;
    readonly bytes: number;
    readonly answer: () => void;
    readonly reject: (error: Error) => void;
    constructor(frames: readonly OwnFrame[], resolve: () => void, reject: (error: Error) => void);
    stage(group: Group): void;
}
/** A frame that this node wrote, with what it said when it was read. */
export interface OwnFrame {
    readonly bytes: Uint8Array;
    readonly header: FrameHeader;
}
/** Frames of a peer. */
export declare class WaitingApply implements Waiting {
    #private;
    readonly reject: (error: Error) => void;
    constructor(frames: Uint8Array, resolve: (applied: Applied) => void, reject: (error: Error) => void);
    get bytes(): number;
    stage(group: Group): void;
    answer(): void;
}
/** Records of a feed that are held by nobody. */
export declare class WaitingGap implements Waiting {
    #private;
    readonly bytes = 0;
    readonly answer: () => void;
    readonly reject: (error: Error) => void;
    constructor(gap: {
        readonly writer: WriterId;
        readonly through: number;
    }, resolve: () => void, reject: (error: Error) => void);
    stage(group: Group): void;
}

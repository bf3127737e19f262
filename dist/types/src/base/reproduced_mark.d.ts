export declare const reproducedBit = 16;
/** True when the frame at `start` was produced again. Its headers were checked. */
export declare function isReproduced(bytes: Uint8Array, start?: number): boolean;
/** Says so of a frame, and seals it again. */
export declare function markReproduced(frame: Uint8Array): void;

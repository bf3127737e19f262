/** Numbers in a typed array that grows: 8 bytes each, without a box. */
export declare class Numbers {
    #private;
    constructor(capacity?: number);
    get length(): number;
    at(index: number): number;
    push(value: number): void;
    set(index: number, value: number): void;
    /** Takes out the values from one index up to another. */
    remove(from: number, to: number): void;
    /** Index of the last value that is at most `value`, in values that never fall; −1 when all are above. */
    lastAtMost(value: number): number;
}

/** Instructions of one program: with 512 bytes of tag a match takes a million steps at most. */
export declare const instructionsMax = 2000;
/** A program that finds an expression anywhere in a text. */
export declare class Expression {
    #private;
    private constructor();
    /** Undefined when the text is no expression, uses what is not supported, or makes too large a program. */
    static parse(text: string): Expression | undefined;
    /** How many instructions there are: each takes a step for each letter of a text, at most. */
    get size(): number;
    /** True when some part of the text matches. */
    isFoundIn(text: string): boolean;
}

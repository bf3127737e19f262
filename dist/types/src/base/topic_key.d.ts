/** Generation of a topic that was never deleted. */
export declare const firstGeneration = 1;
export declare const generationMax: number;
export interface TopicGeneration {
    readonly name: string;
    readonly generation: number;
}
export declare function topicKey(name: string, generation: number): string;
/** The inverse of `topicKey`; undefined for what it never gives. */
export declare function topicOfKey(key: string): TopicGeneration | undefined;

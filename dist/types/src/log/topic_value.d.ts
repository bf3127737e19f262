import { type TopicSettings } from "./topic_settings.d.ts";
/** How often a topic was deleted and created again, and whether it is there now. */
export interface TopicLife {
    readonly generation: number;
    /** The generation was deleted, and there is no later one. */
    readonly deleted: boolean;
}
/** Of a topic about which nothing is settled. */
export declare const firstLife: TopicLife;
/** What a record says of a topic. */
export interface TopicValue extends TopicLife {
    /** Nothing where it is deleted. */
    readonly settings: TopicSettings;
    /** Fields that a later program wrote. */
    readonly others: Readonly<Record<string, unknown>>;
}
/** Bytes of a value: all that is settled stays in memory. */
export declare const valueBytesMax = 16384;
/** Fields of the value without content are left out: generation 1, not deleted, no settings of its own. */
export declare function encodeTopicValue({ generation, deleted, settings, others }: TopicValue): Uint8Array;
/** Undefined for anything that is of a later version, or makes no sense. */
export declare function decodeTopicValue(value: Uint8Array): TopicValue | undefined;
/** True when what `left` says of a topic is beyond `right`: generations only grow, and deleting one is final. */
export declare function isLaterLife(left: TopicLife, right: TopicLife): boolean;
/** The same order as a number, for records of `_topics`; undefined for what is not understood. */
export declare function lifeRankOf({ value }: {
    readonly value: Uint8Array;
}): number | undefined;

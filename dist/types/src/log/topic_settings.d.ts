import type { Retention } from "./types.d.ts";
/** What holds for a topic on every node. */
export interface TopicSettings {
    /** What may be forgotten; with no field given, nothing. Undefined: each node goes by its own options. */
    readonly retention?: Retention | undefined;
}
/** What is to become different: a field that is not given stays as it is, 0 takes its limit away. */
export interface TopicSettingsChange {
    readonly retention?: Retention | undefined;
}
/** A setting is out of range, or there is none of that name. Nothing was changed. */
export declare class InvalidTopicSettingError extends RangeError {
    readonly name = "InvalidTopicSettingError";
    readonly code = "INVALID_TOPIC_SETTING";
    /** As `retention.ageMaxMs`. */
    readonly field: string;
    constructor(topic: string, field: string, fault: {
        readonly value: unknown;
        readonly allowed: string;
    });
}
/** The settings after a change; throws `InvalidTopicSettingError`. */
export declare function changedSettings(topic: string, before: TopicSettings, asked: {
    readonly change: TopicSettingsChange;
    readonly segmentBytesMax: number;
}): TopicSettings;
/** The value of a record of `_topics`, whose key is the topic's name. */
export declare function encodeSettings({ retention }: TopicSettings): Uint8Array;
/** Undefined for anything that is not of this version, or makes no sense. */
export declare function decodeSettings(value: Uint8Array): TopicSettings | undefined;
/** What a node can do: its segments may be larger than those of the node that was asked, or the clock's grain coarser. */
export declare function applicableRetention(retention: Retention, segmentBytesMax: number): Retention;

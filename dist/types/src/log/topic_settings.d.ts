/** What the cluster has settled about a topic, and what may be asked for. */
import { type ExpressionFault, type PlacementSettings } from "./placement_settings.d.ts";
import type { Retention } from "./types.d.ts";
/** What holds for a topic on every node. */
export interface TopicSettings {
    /** What may be forgotten; with no field given, nothing. Undefined: each node goes by its own options. */
    readonly retention?: Retention | undefined;
    /** Of each key only the latest record stays. @default false */
    readonly compact?: boolean | undefined;
    /**
     * How long a tombstone (a record with a key and an empty value) stays once all known nodes hold it. No shorter than a
     * node may be away: one that comes back later may bring back what was deleted. @default 86400000 (a day)
     */
    readonly tombstoneGraceMs?: number | undefined;
    /** Which nodes are to hold it. @default all that hold topics */
    readonly placement?: PlacementSettings | undefined;
}
/** What is to become different: a field that is not given stays as it is, 0 takes its limit away. */
export interface TopicSettingsChange {
    readonly retention?: Retention | undefined;
    readonly compact?: boolean | undefined;
    /** 0 is the default again. */
    readonly tombstoneGraceMs?: number | undefined;
    /** Tags that are given stand for all those before; none of them: any node will do. */
    readonly placement?: PlacementSettings | undefined;
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
export declare const retentionFields: readonly (keyof Retention)[];
/** The settings after a change; throws `InvalidTopicSettingError`. */
export declare function changedSettings(topic: string, before: TopicSettings, asked: {
    readonly change: TopicSettingsChange;
    readonly segmentBytesMax: number;
    readonly expressionFault: ExpressionFault;
}): TopicSettings;
/** What a node can do: its segments may be larger than those of the node that was asked, the clock's grain or limits others. */
export declare function applicableRetention(retention: Retention, segmentBytesMax: number): Retention;

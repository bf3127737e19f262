/** Which nodes are to hold a topic, as the cluster has settled it. Who they are is found out elsewhere. */
/** Which of the nodes that hold topics are to hold one. Both together: so many of those with these tags. */
export interface PlacementSettings {
    /** So many nodes, 1 to 100. @default all */
    readonly copies?: number | undefined;
    /** By the names of tags: an expression in RE2's syntax that the whole value matches. @default any node will do */
    readonly tags?: Readonly<Record<string, string>> | undefined;
}
/** What says whether an expression is one; undefined when it is. */
export type ExpressionFault = (expression: string) => string | undefined;
/** What is wrong with a setting. */
export interface PlacementFault {
    readonly field: string;
    readonly value: unknown;
    readonly allowed: string;
}
/** What is wrong with a change; undefined when it is a good one. */
export declare function placementFault(change: PlacementSettings, expressionFault: ExpressionFault): PlacementFault | undefined;
/** The placement after a good change; undefined: all nodes hold the topic. */
export declare function changedPlacement(before: PlacementSettings | undefined, change: PlacementSettings | undefined): PlacementSettings | undefined;
/** What a record of `_topics` says; "fault" when it makes no sense. */
export declare function decodedPlacement(value: unknown): PlacementSettings | "fault" | undefined;

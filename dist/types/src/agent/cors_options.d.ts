export interface CorsSettings {
    /**
     * Origins whose pages may call this node, as `https://app.example`: `*` is all of them, `loopback` those of the browser's
     * own machine, `none` no other. Pages that nodes of the cluster serve always may. @default ["loopback"]
     */
    readonly corsOrigins?: readonly string[] | undefined;
}
/** What is wrong with the first origin that is none; undefined when all are well. */
export declare function corsSettingFault(origins: unknown): {
    readonly value: unknown;
    readonly allowed: string;
} | undefined;

/** Services that the options of a node name. */
import type { ServiceDefinition } from "../base/mod.d.ts";
import { type ResolvedService } from "../registry/mod.d.ts";
/** A service as it can be registered. Throws `InvalidServiceError` for what cannot. */
export declare function checkedService(given: unknown): ServiceDefinition;
/** What is wrong with an option, and what would be allowed. */
export interface ServiceOptionFault {
    readonly option: string;
    readonly value: unknown;
    readonly allowed: string;
}
/** Checked, and with all defaults filled in; or what is wrong. */
export declare function servicesOption(given: unknown): readonly ResolvedService[] | ServiceOptionFault;

/** Which pages of browsers may call a node. */
import { corsOriginFault } from "../server/mod.ts";

export interface CorsSettings {
  /**
   * Origins whose pages may call this node, as `https://app.example`: `*` is all of them, `loopback` those of the browser's
   * own machine, `none` no other. Pages that nodes of the cluster serve always may. @default ["loopback"]
   */
  readonly corsOrigins?: readonly string[] | undefined;
}

/** What is wrong with the first origin that is none; undefined when all are well. */
export function corsSettingFault(origins: unknown): { readonly value: unknown; readonly allowed: string } | undefined {
  if (origins === undefined) return undefined;
  if (!Array.isArray(origins)) return { value: origins, allowed: "a list of origins" };
  for (const value of origins as unknown[]) {
    const allowed = typeof value === "string" ? corsOriginFault(value) : "a text";
    if (allowed !== undefined) return { value, allowed };
  }
  return undefined;
}

/** What the zone answers with. */

/** A record without its class, which is always that of the internet. */
export type Resource = {
  /** Its name as text, without a dot at the end. Undefined for the name that was asked for, in the letters of the asker. */
  readonly owner: string | undefined;
  readonly ttlSeconds: number;
} & ResourceData;

export type ResourceData =
  | { readonly type: "A" | "AAAA"; readonly address: string }
  | { readonly type: "CNAME" | "NS"; readonly target: string }
  | { readonly type: "SRV"; readonly target: string; readonly port: number }
  | { readonly type: "TXT"; readonly texts: readonly string[] }
  | { readonly type: "SOA"; readonly server: string; readonly mailbox: string; readonly timersSeconds: SoaTimers }
  /** What a question for everything is answered with (RFC 8482). */
  | { readonly type: "HINFO"; readonly cpu: string; readonly os: string };

export interface SoaTimers {
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  /** How long it may be kept that something is not there. */
  readonly negative: number;
}

import { type FrameScan } from "./frame.d.ts";
/** As `scanFrame` for those who look at headers alone: the payload need not be among the bytes. */
export declare function scanHeaders(bytes: Uint8Array, start: number): FrameScan;

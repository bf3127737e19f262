export * from "./types/src/client/page.d.ts";

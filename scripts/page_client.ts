/** The client that nodes serve to pages: one module, as small as it gets. */
import path from "node:path";
import { bundle, forBrowsers } from "./console_page.ts";
import { leanClient } from "./lean_client.ts";

const projectDirectory = path.resolve(import.meta.dirname, "..");

/** The text of `client.js`. Its first line tells Deno where its types are. */
export function bundlePageClient(): Promise<string> {
  return bundle("src/client/page.ts", {
    ...forBrowsers,
    banner: { js: '// @ts-self-types="./client.d.ts"' },
    plugins: [leanClient(projectDirectory, { forPages: true })],
  });
}

/** The text of `client.d.ts`, beside the directory of all declarations. */
export const pageClientTypes = 'export * from "./types/src/client/page.d.ts";\n';

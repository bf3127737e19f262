/**
 * `npm pack` and `npm publish` run this first. It makes build/, which is what the package holds: JavaScript and
 * declarations, file by file, because Node runs no TypeScript from node_modules. The sources of this checkout are reached
 * by the same names through `paths` in tsconfig.json (Bun, tsx, the compiler) and `exports` in deno.json.
 */
import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { emitted } from "./emit.ts";

const buildDirectory = fileURLToPath(new URL("../build", import.meta.url));

rmSync(buildDirectory, { recursive: true, force: true });
cpSync(emitted(), buildDirectory, { recursive: true });

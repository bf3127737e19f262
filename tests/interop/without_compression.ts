/** Imported first: what the other imports of a file start then does not compress what it sends. */
import { compressionVariable } from "./processes.ts";

process.env[compressionVariable] = "off";

/** `npm test`: everything, on every runtime. `npm test -- --help` lists what it takes. */
import { main } from "./runner/command_line.ts";

await main(process.argv.slice(2), { fast: false });

/** `npm run check`: the gate before a commit. As `npm test`, without the suites that start real clusters or take long. */
import { main } from "./runner/command_line.ts";

await main(process.argv.slice(2), { fast: true });

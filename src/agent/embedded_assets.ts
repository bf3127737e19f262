/**
 * What the build of `dist/mod.js` puts in place of this file: path below dist/ and text of every file that a node serves.
 * Undefined where the sources themselves run: there `dist/` is read.
 */
export const embeddedAssets: Readonly<Record<string, string>> | undefined = undefined;

/** Seeds that once broke a guarantee, with what was wrong. They run first, for ever. */
export const regressions: readonly { readonly seed: number; readonly was: string }[] = [];

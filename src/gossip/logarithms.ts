/**
 * The logarithms of memberlist's formulas. `Math.log` and its kin differ in the last bit between runtimes; these use
 * only multiplication and division, which IEEE 754 fixes to the bit.
 */

/** Fraction bits worked out. Each squaring doubles the relative error: 24 leave an error below 2^-28. */
const fractionBits = 24;

/** Binary logarithm of a number from 1 on. */
export function log2(value: number): number {
  let rest = value;
  let whole = 0;
  while (rest >= 2) {
    rest /= 2;
    whole++;
  }
  let fraction = 0;
  let weight = 0.5;
  for (let bit = 0; bit < fractionBits; bit++) {
    rest *= rest;
    if (rest >= 2) {
      rest /= 2;
      fraction += weight;
    }
    weight /= 2;
  }
  return whole + fraction;
}

/** Decimal logarithm in thousandths, rounded down. Exact at the powers of ten. */
export function log10Thousandths(value: number): number {
  return Math.floor((1000 * log2(value)) / log2(10) + 0.001);
}

/** The least number of digits d such that 10^d is at least `value`, which is 1 or more. */
export function log10Ceiling(value: number): number {
  let digits = 0;
  for (let power = 1; power < value; power *= 10) digits++;
  return digits;
}

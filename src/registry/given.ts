/** Reads values that somebody gave, of whatever type, and says what would have been allowed. */
import { InvalidServiceError } from "./errors.ts";

/** The fields of an object. Throws for anything else, and for a field that is not among those known. */
export function fieldsOf(field: string, value: unknown, known?: readonly string[]): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InvalidServiceError(field, value, "an object");
  }
  const fields = { ...value } as Record<string, unknown>;
  for (const name of Object.keys(fields)) {
    if (known === undefined || known.includes(name)) continue;
    throw new InvalidServiceError(field === "service" ? "a field" : `a field of ${field}`, name, known.join(", "));
  }
  return fields;
}

export function listOf(field: string, value: unknown, max: number): readonly unknown[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.length <= max) return value;
  const found = Array.isArray(value) ? `${value.length} of them` : value;
  throw new InvalidServiceError(field, found, `a list of up to ${max}`);
}

/** Texts by name, up to so many. */
export function entriesOf(field: string, value: unknown, max: number): readonly (readonly [string, unknown])[] {
  if (value === undefined) return [];
  const entries = Object.entries(fieldsOf(field, value));
  if (entries.length <= max) return entries;
  throw new InvalidServiceError(field, `${entries.length} of them`, `up to ${max} names with text values`);
}

/** A whole number within bounds. */
export function wholeOf(
  field: string,
  value: unknown,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new InvalidServiceError(field, value, `a whole number from ${min} to ${max}`);
}

/** A text that the whole of a pattern matches. */
export function textOf(field: string, value: unknown, pattern: RegExp, allowed: string): string {
  if (typeof value === "string" && pattern.test(value)) return value;
  throw new InvalidServiceError(field, value, allowed);
}

/** A text for people: without control characters. */
export function plainTextOf(
  field: string,
  value: unknown,
  { min, max }: { readonly min: number; readonly max: number },
): string {
  const isPlain = typeof value === "string" && !/\p{Cc}/u.test(value);
  if (isPlain && value.length >= min && value.length <= max) return value;
  throw new InvalidServiceError(
    field,
    value,
    `a text of ${min} to ${max} characters, none of them a control character`,
  );
}

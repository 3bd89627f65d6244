import { en } from "./en";

export type Key = keyof typeof en;
type Stem<K> = K extends `${infer S}_one` ? S : never;
/** Keys that come in a `_one` and an `_other` form. */
export type CountKey = Stem<Key>;

type Values = Record<string, string | number>;

const plural = new Intl.PluralRules("en");
const number = new Intl.NumberFormat("en");

/** The text of a key with its {places} filled in. */
export function t(key: Key, values?: Values): string {
  const text: string = en[key];
  if (!values) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const v = values[name];
    if (v === undefined) return whole;
    return typeof v === "number" ? number.format(v) : v;
  });
}

/** The text for a number of things; {n} is the number. */
export function tn(key: CountKey, n: number, values?: Values): string {
  const form = plural.select(n) === "one" ? "one" : "other";
  return t(`${key}_${form}` as Key, { n, ...values });
}

/** Whether a key exists: closed lists of words (reasons, results) are looked up by their own name. */
export function has(key: string): key is Key {
  return key in en;
}

/** The text of `prefix.word`, or the word itself with blanks for a word this version does not know yet. */
export function word(prefix: string, name: string): string {
  const key = `${prefix}.${name}`;
  return has(key) ? t(key) : name.replaceAll("_", " ");
}

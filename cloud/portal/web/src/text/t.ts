import { en } from "./en";

export type Key = keyof typeof en;
/** Every text of one language; a missing one does not compile. */
export type Words = Record<Key, string>;
type Stem<K> = K extends `${infer S}_one` ? S : never;
/** Keys that come in a `_one` and an `_other` form. */
export type CountKey = Stem<Key>;

type Values = Record<string, string | number>;

let words: Words = en;
let locale = "en-GB";
let plural = new Intl.PluralRules(locale);
let number = new Intl.NumberFormat(locale);

/** The locale whose numbers, dates and order of letters are shown. */
export function currentLocale(): string {
  return locale;
}

/** Speaks another language from now on; what is on the screen is not drawn again by it. */
export function speak(to: Words, as: string) {
  words = to;
  locale = as;
  plural = new Intl.PluralRules(as);
  number = new Intl.NumberFormat(as);
}

/** The text of a key with its {places} filled in. */
export function t(key: Key, values?: Values): string {
  const text = words[key];
  if (!values) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const v = values[name];
    if (v === undefined) return whole;
    return typeof v === "number" ? number.format(v) : v;
  });
}

/** The text for a number of things; {n} is the number. */
export function tn(key: CountKey, n: number, values?: Values): string {
  const form = `${key}_${plural.select(n)}`;
  return t(has(form) ? form : (`${key}_other` as Key), { n, ...values });
}

/** Whether a key exists: closed lists of words (reasons, results) are looked up by their own name. */
export function has(key: string): key is Key {
  return key in words;
}

/** The text of `prefix.word`, or the word itself with blanks for a word this version does not know yet. */
export function word(prefix: string, name: string): string {
  const key = `${prefix}.${name}`;
  return has(key) ? t(key) : name.replaceAll("_", " ");
}

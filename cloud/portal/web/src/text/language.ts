import { en } from "./en";
import { speak, type Words } from "./t";

/** A language of the portal. English is in the first script; each other one is a script of its own. */
export interface Language {
  code: string;
  /** Its own name for itself. */
  name: string;
  locale: string;
  dir: "ltr" | "rtl";
  load: () => Promise<Words>;
}

export const languages: Language[] = [
  { code: "en", name: "English", locale: "en-GB", dir: "ltr", load: () => Promise.resolve(en) },
  { code: "de", name: "Deutsch", locale: "de-DE", dir: "ltr", load: () => import("./de").then((m) => m.de) },
];

const kept = "vestibule-language";
let current = "en";

/** The code of the language that is spoken. */
export function language(): string {
  return current;
}

/** The language that fits the wishes best, the first wish first: "de-AT" is answered by "de". English when none fits. */
export function fitting(wishes: readonly (string | null | undefined)[]): Language {
  for (const wish of wishes) {
    const found = languages.find((l) => l.code === wish?.toLowerCase().split(/[-_]/)[0]);
    if (found) return found;
  }
  return languages[0]!;
}

/** Speaks what was chosen here before, else what the browser asks for. Ends before anything is drawn. */
export async function startLanguage() {
  await use(fitting([remembered(), ...navigator.languages]));
}

/** Speaks the language of the account that signed in, when this portal has it. */
export async function adoptLanguage(code: string | undefined) {
  const wanted = languages.find((l) => l.code === code);
  if (!wanted || wanted.code === current) return;
  remember(wanted.code);
  await use(wanted);
}

/** Changes the language for good: the page is loaded anew, so that every word on it follows. */
export function chooseLanguage(code: string) {
  remember(code);
  location.reload();
}

async function use(l: Language) {
  try {
    speak(await l.load(), l.locale);
  } catch {
    // The script of the language did not arrive: English is there already, and better than no page.
    l = languages[0]!;
    speak(en, l.locale);
  }
  current = l.code;
  document.documentElement.lang = l.code;
  document.documentElement.dir = l.dir;
}

function remembered(): string | null {
  try {
    return localStorage.getItem(kept);
  } catch {
    return null;
  }
}

function remember(code: string) {
  try {
    localStorage.setItem(kept, code);
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}

/** How many lines a page of a list may have (DASH-04). */
export const lineChoices = [10, 25, 50, 100] as const;

export interface Paging {
  /** The page that is shown, 0 first. */
  page: number;
  pages: number;
  /** The first row of the page, 0 first, and the one after its last. */
  from: number;
  to: number;
}

/** The rows of a page; a page beyond the end is the last one, so that a list that became shorter still shows something. */
export function paging(total: number, lines: number, asked: number): Paging {
  const pages = Math.max(1, Math.ceil(total / lines));
  const page = Math.min(Math.max(0, Math.trunc(asked) || 0), pages - 1);
  const from = page * lines;
  return { page, pages, from, to: Math.min(total, from + lines) };
}

/** The form in which words are compared: lower case, without marks. */
export function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Whether a text holds every word that is looked for. */
export function holds(text: string, wanted: string): boolean {
  const in_ = plain(text);
  return plain(wanted).split(/\s+/).every((w) => in_.includes(w));
}

const kept = (list: string) => `vestibule-lines:${list}`;

/** The lines per page that were chosen for a list before. */
export function keptLines(list: string, otherwise: number): number {
  try {
    const n = Number(localStorage.getItem(kept(list)));
    return (lineChoices as readonly number[]).includes(n) ? n : otherwise;
  } catch {
    return otherwise;
  }
}

export function keepLines(list: string, lines: number) {
  try {
    localStorage.setItem(kept(list), String(lines));
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}

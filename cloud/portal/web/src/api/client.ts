import { noAnswer, toProblem } from "./problem";
import type { Page } from "./types";

const base = "/api/v1";

interface Options {
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** One request. Anything but success throws a Problem. */
export async function request<T>(method: string, path: string, options: Options = {}): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(base + path, {
      method,
      credentials: "same-origin",
      headers: { Accept: "application/json", ...(options.body ? { "Content-Type": "application/json" } : {}), ...options.headers },
      body: options.body ? JSON.stringify(options.body) : undefined,
      signal: options.signal,
    });
  } catch (err) {
    if (options.signal?.aborted) throw err;
    throw noAnswer();
  }
  const text = await answer.text();
  const body: unknown = text ? parse(text) : undefined;
  if (!answer.ok) throw toProblem(answer.status, body);
  return body as T;
}

/** Every item of a list, page after page. */
export async function all<T>(path: string): Promise<T[]> {
  const items: T[] = [];
  let cursor = "";
  do {
    const sep = path.includes("?") ? "&" : "?";
    const page = await request<Page<T>>("GET", cursor ? `${path}${sep}cursor=${encodeURIComponent(cursor)}` : path);
    items.push(...(page.items ?? []));
    cursor = page.next ?? "";
  } while (cursor);
  return items;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

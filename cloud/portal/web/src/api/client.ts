import createClient from "openapi-fetch";
import { Conflict, noAnswer, toProblem, type Problem } from "./problem";
import type { paths } from "./schema";
import type { Page } from "./types";

/** The API, typed by its OpenAPI file. */
export const api = createClient<paths>({ baseUrl: "/api/v1", credentials: "same-origin" });

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** What is stored now of a thing that somebody else changed, with its revision, by the names that the form uses. */
type Stored = () => Promise<Record<string, unknown>>;

/** The data of an answer; anything but success throws a Problem. `stored` is for a change whose address does not answer what its form holds. */
export async function got<T>(call: Promise<Answer<T>>, stored?: Stored): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (err) {
    if (err instanceof DOMException && err.name === "AbortError") throw err;
    // Unreadable answers of proxies end here too, as does having no network.
    throw noAnswer();
  }
  if (!answer.response.ok) throw await refused(answer, stored);
  return answer.data as T;
}

/** What stands in the way; of a change that came too late, with what is stored now, which the same address answers unless `stored` does. */
async function refused<T>({ response, error }: Answer<T>, stored?: Stored): Promise<Problem> {
  const problem = toProblem(response.status, error);
  if (response.status !== 412) return problem;
  try {
    if (stored) return new Conflict(problem, await stored());
    const now = await fetch(response.url, { credentials: "same-origin" });
    return now.ok ? new Conflict(problem, (await now.json()) as Record<string, unknown>) : toProblem(now.status, await now.json());
  } catch {
    return problem;
  }
}

/** The header of a change that holds only while the thing is as it was read; without a revision any will do. */
export function ifMatch(revision: number | undefined): { "If-Match"?: string } {
  return revision === undefined ? {} : { "If-Match": `"${revision}"` };
}

/** The most of one kind that a search shows. */
export const found = 6;

/** The most that one part of a list may hold. */
export const most = 1000;

/** Every item of a list, part after part. */
export async function every<T>(part: (cursor: string | undefined) => Promise<Answer<Page<T>>>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await got(part(cursor));
    items.push(...(page.items ?? []));
    cursor = page.next;
  } while (cursor);
  return items;
}

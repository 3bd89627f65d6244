import { t, has } from "../text/t";

/** A problem document (RFC 9457) as the API sends it. */
export interface ProblemDocument {
  title?: string;
  detail?: string;
  status?: number;
  code?: string;
  request_id?: string;
  errors?: { path?: string; location?: string; message?: string }[] | null;
}

/** What went wrong, in words a person can use. `fields` is keyed the way forms name their fields. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestID: string;
  readonly fields: Record<string, string>;

  constructor(status: number, code: string, message: string, fields: Record<string, string> = {}, requestID = "") {
    super(message);
    this.name = "Problem";
    this.status = status;
    this.code = code;
    this.fields = fields;
    this.requestID = requestID;
  }
}

/** Somebody else changed the thing after it was read; theirs is what is stored now. */
export class Conflict extends Problem {
  readonly theirs: Record<string, unknown>;

  constructor(problem: Problem, theirs: Record<string, unknown>) {
    super(problem.status, problem.code, problem.message, problem.fields, problem.requestID);
    this.name = "Conflict";
    this.theirs = theirs;
  }
}

/** `relays[0].dtmf`, `body.name` or `/relays/0/dtmf` as a form names it: `relays.0.dtmf`, `name`. */
export function fieldPath(path: string): string {
  return path
    .replace(/^\//, "")
    .replaceAll("/", ".")
    .replace(/\[(\d+)\]/g, ".$1")
    .replace(/^(body|path|query)\./, "")
    .replace(/^\./, "");
}

/** Makes a Problem of an answer that is no success; a body that is no problem document still gives honest words. */
export function toProblem(status: number, body: unknown): Problem {
  const doc: ProblemDocument = typeof body === "object" && body !== null ? (body as ProblemDocument) : {};
  const fields: Record<string, string> = {};
  for (const e of doc.errors ?? []) {
    const at = fieldPath(e.path ?? e.location ?? "");
    if (at && e.message && !(at in fields)) fields[at] = e.message;
  }
  const code = doc.code ?? codeOf(status);
  const key = `problem.${code}`;
  const message = doc.detail || (has(key) ? t(key) : t("problem.internal"));
  return new Problem(status, code, message, fields, doc.request_id ?? "");
}

/** The problem of a request that got no answer at all. */
export function noAnswer(): Problem {
  return new Problem(0, "no_network", t("problem.no_network"));
}

/** Any thrown value as a Problem. */
export function asProblem(err: unknown): Problem {
  if (err instanceof Problem) return err;
  if (err instanceof TypeError) return noAnswer();
  return new Problem(0, "internal", t("problem.internal"));
}

/**
 * An error as a form knows it whose values do not lie as the API's do: `path` says what a field is called there, `values` what of the stored thing it
 * holds.
 */
export function inForm(err: unknown, path: (path: string) => string, values: (theirs: Record<string, unknown>) => object): unknown {
  if (!(err instanceof Problem)) return err;
  const fields = Object.fromEntries(Object.entries(err.fields).map(([at, message]) => [path(at), message]));
  const problem = new Problem(err.status, err.code, err.message, fields, err.requestID);
  return err instanceof Conflict ? new Conflict(problem, values(err.theirs) as Record<string, unknown>) : problem;
}

/** Splits a problem for a form: errors at fields the form has, and one sentence for everything else. */
export function forForm(problem: Problem, known: (path: string) => boolean): { fields: Record<string, string>; rest: string } {
  const fields: Record<string, string> = {};
  const others: string[] = [];
  for (const [path, message] of Object.entries(problem.fields)) {
    if (known(path)) fields[path] = message;
    else others.push(`${called(path)}: ${message}`);
  }
  const named = Object.keys(fields).length > 0;
  const rest = others.length > 0 ? others.join(" ") : named ? "" : problem.message;
  return { fields, rest };
}

/** What a field is called that stands in no form. */
function called(path: string): string {
  return path === "q" ? t("search.open") : path.replaceAll("_", " ");
}

/** What a problem says where there is no form: the fault of each field by its name, or the sentence for all. */
export function inWords(problem: Problem): string {
  return forForm(problem, () => false).rest;
}

function codeOf(status: number): string {
  if (status === 401) return "unauthenticated";
  if (status === 403) return "forbidden";
  if (status === 404) return "not_found";
  if (status === 409) return "conflict";
  if (status === 422 || status === 400) return "invalid";
  if (status === 429) return "limit";
  return status >= 502 && status <= 504 ? "unavailable" : "internal";
}

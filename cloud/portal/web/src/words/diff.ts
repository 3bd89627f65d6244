/** One field of an object before and after an act. */
export interface Change {
  path: string;
  before?: string;
  after?: string;
}

const most = 200;

/** What differs between two JSON values, field by field; for what is new or gone, every field. */
export function changes(before: unknown, after: unknown): Change[] {
  const old = flat(before);
  const now = flat(after);
  const out: Change[] = [];
  for (const path of new Set([...old.keys(), ...now.keys()])) {
    if (old.get(path) === now.get(path)) continue;
    out.push({ path, before: old.get(path), after: now.get(path) });
    if (out.length === most) break;
  }
  return out;
}

function flat(value: unknown, path = "", into = new Map<string, string>()): Map<string, string> {
  if (value === undefined || value === null || into.size > 1000) return into;
  if (typeof value === "object") {
    for (const [name, inner] of Object.entries(value)) flat(inner, path ? `${path}.${name}` : name, into);
    return into;
  }
  const text = String(value);
  if (text !== "") into.set(path || "value", text);
  return into;
}

/** A piece of the privacy policy. */
export type Block = { kind: "heading"; text: string } | { kind: "text"; text: string } | { kind: "list"; items: string[] };

/** Reads the text of the policy: lines that begin with # are headings, with - items, blank lines part paragraphs. */
export function blocksOf(body: string): Block[] {
  const out: Block[] = [];
  let text: string[] = [];
  let items: string[] = [];
  const end = () => {
    if (text.length) out.push({ kind: "text", text: text.join(" ") });
    if (items.length) out.push({ kind: "list", items });
    text = [];
    items = [];
  };
  for (const line of body.split("\n").map((l) => l.trim())) {
    const heading = /^#+\s+(.*)$/.exec(line);
    const item = /^[-*]\s+(.*)$/.exec(line);
    if (heading) {
      end();
      out.push({ kind: "heading", text: heading[1]! });
    } else if (item) {
      if (text.length) end();
      items.push(item[1]!);
    } else if (line === "") {
      end();
    } else {
      if (items.length) end();
      text.push(line);
    }
  }
  end();
  return out;
}

/** Only addresses of this portal are followed after sign-in. */
export function ownAddress(next: string | undefined): string | undefined {
  return next && /^\/(?![/\\])/.test(next) ? next : undefined;
}

/** Takes the one-time token out of the fragment, which never leaves the browser by itself. */
export function tokenOf(hash: string): string {
  return new URLSearchParams(hash.replace(/^#/, "")).get("token") ?? "";
}

/** One message of a site's live stream. */
export interface LiveMessage {
  kind: string;
  data: unknown;
}

export const liveKinds = ["presence", "receipt", "event", "version", "candidate", "command", "notice", "access", "me", "reset", "trunk", "reach", "ping"] as const;

/** How long nothing may be heard, pings included, before the stream counts as lost. */
const silenceMs = 50_000;
const firstRetryMs = 1_000;
const mostRetryMs = 20_000;
/** The stream begins with what happened so long before: what the page read while it opened may not hold it. */
const recentSeconds = 20;

interface Handlers {
  message: (m: LiveMessage) => void;
  /** The stream is up; `again` says that something may have been missed. */
  up: (again: boolean) => void;
  /** The stream is down since this instant. */
  lost: (since: Date) => void;
}

/** Keeps one EventSource open to a site until it is closed; says when it is lost and when it is back. */
export class SiteStream {
  private source: EventSource | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private wait = firstRetryMs;
  private down = false;
  private before = false;
  private closed = false;

  constructor(
    private readonly url: string,
    private readonly handlers: Handlers,
  ) {
    this.open();
    window.addEventListener("online", this.now);
  }

  close() {
    this.closed = true;
    window.removeEventListener("online", this.now);
    clearTimeout(this.retry);
    clearTimeout(this.silence);
    this.source?.close();
  }

  private now = () => {
    if (!this.down || this.closed) return;
    this.wait = firstRetryMs;
    this.open();
  };

  private open() {
    clearTimeout(this.retry);
    this.source?.close();
    const source = new EventSource(`${this.url}?recent=${recentSeconds}`);
    this.source = source;
    source.onopen = () => {
      this.wait = firstRetryMs;
      this.handlers.up(this.before);
      this.before = true;
      this.down = false;
      this.heard();
    };
    source.onerror = () => this.drop();
    for (const kind of liveKinds) {
      source.addEventListener(kind, (e) => {
        this.heard();
        if (kind !== "ping") this.handlers.message({ kind, data: parse((e as MessageEvent<string>).data) });
      });
    }
  }

  private heard() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.drop(), silenceMs);
  }

  private drop() {
    if (this.closed) return;
    clearTimeout(this.silence);
    this.source?.close();
    if (!this.down) {
      this.down = true;
      this.handlers.lost(new Date());
    }
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.open(), this.wait * (0.7 + Math.random() * 0.6));
    this.wait = Math.min(mostRetryMs, this.wait * 2);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

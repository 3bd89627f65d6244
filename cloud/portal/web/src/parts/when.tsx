import { useSyncExternalStore } from "react";
import { ago, clock, exact } from "./time";

const listeners = new Set<() => void>();
let now = new Date();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void) {
  if (listeners.size === 0) now = new Date();
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = new Date();
    for (const l of listeners) l();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The present instant, told every second to whoever shows it. */
export function useNow(): Date {
  return useSyncExternalStore(subscribe, () => now);
}

/** An instant: how long ago, or the time of day; the exact time with its zone on hover. */
export function When({ at, zone, time }: { at: string | Date | undefined; zone?: string; time?: boolean }) {
  if (!at) return null;
  const instant = new Date(at);
  if (Number.isNaN(instant.getTime()) || instant.getTime() <= 0) return null;
  return (
    <time dateTime={instant.toISOString()} title={exact(instant, zone)}>
      {time ? clock(instant, zone) : <Ago at={instant} zone={zone} />}
    </time>
  );
}

function Ago({ at, zone }: { at: Date; zone?: string }) {
  const text = useSyncExternalStore(subscribe, () => ago(at, now, zone));
  return <>{text}</>;
}

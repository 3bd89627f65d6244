import { accessTerminal, guardPhone, monitor } from "../../words/floors";

const line = { fill: "none", stroke: "currentColor", strokeWidth: 1.6, strokeLinecap: "round", strokeLinejoin: "round" } as const;

/** What a device of a type looks like: a panel with camera and keys, a screen, a handset, a reader. */
export function DeviceDrawing({ type }: { type: number }) {
  return (
    <svg viewBox="0 0 64 64" width={64} height={64} aria-hidden {...line}>
      {type === monitor && <Screen />}
      {type === guardPhone && <Handset />}
      {type === accessTerminal && <Reader />}
      {type !== monitor && type !== guardPhone && type !== accessTerminal && <DoorPanel keys={type === 0} />}
    </svg>
  );
}

/** A door phone: with a keypad for many homes, with one button for one. */
function DoorPanel({ keys }: { keys: boolean }) {
  const dots = [24, 32, 40].flatMap((x) => [40, 46, 52].map((y) => [x, y] as const));
  return (
    <>
      <rect x={16} y={4} width={32} height={56} rx={5} />
      <circle cx={32} cy={14} r={4.5} />
      <circle cx={32} cy={14} r={1} />
      <path d="M25 24h14M25 28h14M25 32h14" />
      {keys ? dots.map(([x, y]) => <circle key={`${x}-${y}`} cx={x} cy={y} r={1.5} />) : <circle cx={32} cy={46} r={6} />}
    </>
  );
}

function Screen() {
  return (
    <>
      <rect x={4} y={13} width={56} height={38} rx={5} />
      <rect x={9} y={18} width={38} height={28} rx={2} />
      <path d="M53 24v.01M53 32v.01M53 40v.01M9 40l10-9 8 7 7-6 13 11" />
    </>
  );
}

function Handset() {
  return (
    <>
      <rect x={8} y={22} width={48} height={36} rx={5} />
      <path d="M8 20c0-9 10-14 24-14s24 5 24 14c0 3-2 4-5 4h-4c-3 0-4-2-4-5-6-2-16-2-22 0 0 3-1 5-4 5h-4c-3 0-5-1-5-4z" />
      <path d="M24 34v.01M32 34v.01M40 34v.01M24 42v.01M32 42v.01M40 42v.01M24 50v.01M32 50v.01M40 50v.01" />
    </>
  );
}

function Reader() {
  return (
    <>
      <rect x={18} y={4} width={28} height={56} rx={5} />
      <path d="M26 22a8 8 0 0 1 12 0M29 26a4 4 0 0 1 6 0M32 30v.01" />
      <path d="M26 40h.01M32 40h.01M38 40h.01M26 47h.01M32 47h.01M38 47h.01M26 54h.01M32 54h.01M38 54h.01" />
    </>
  );
}

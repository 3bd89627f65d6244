/** The product's mark: a doorway. */
export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden focusable="false">
      <rect width="32" height="32" rx="8" fill="#0f766e" />
      <path d="M9 25V14a7 7 0 0 1 14 0v11" fill="none" stroke="#fff" strokeWidth="2.6" strokeLinecap="round" />
      <path d="M14 25v-9.5a2 2 0 0 1 4 0V25" fill="#fff" />
    </svg>
  );
}

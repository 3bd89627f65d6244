import { useNavigate, useSearch } from "@tanstack/react-router";

/** What is being made on a page: asked for by its button, or by the address `?new=…`, as the dashboard's quick links do (DASH-01). */
export function useNew(): [asked: string | undefined, ask: (what: string | undefined) => void] {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const asked = typeof search["new"] === "string" ? search["new"] : undefined;
  const ask = (what: string | undefined) => void navigate({ to: ".", search: ((old: object) => ({ ...old, new: what })) as never, replace: true });
  return [asked, ask];
}

import { Outlet, useMatches } from "@tanstack/react-router";
import { useAccountStream } from "../live/account";
import { HomeShell } from "./shell";

/** Everything that wants somebody signed in: the account's stream, and the frame of the account unless a site brings its own. */
export function Inside() {
  useAccountStream();
  const inSite = useMatches({ select: (all) => all.some((m) => m.routeId.startsWith("/inside/sites/$site")) });
  if (inSite) return <Outlet />;
  return (
    <HomeShell>
      <Outlet />
    </HomeShell>
  );
}

import { Outlet, useMatches } from "@tanstack/react-router";
import { useEffect } from "react";
import { useMe } from "../api/account";
import { useAccountStream } from "../live/account";
import { chooseLanguage, language, languages } from "../text/language";
import { HomeShell } from "./shell";

/** Everything that wants somebody signed in: the account's stream, and the frame of the account unless a site brings its own. */
export function Inside() {
  useAccountStream();
  // The account's language was changed, here in the profile or somewhere else: the words follow.
  const spoken = useMe().data?.language;
  useEffect(() => {
    if (spoken && spoken !== language() && languages.some((l) => l.code === spoken)) chooseLanguage(spoken);
  }, [spoken]);
  const inSite = useMatches({ select: (all) => all.some((m) => m.routeId.startsWith("/inside/sites/$site")) });
  if (inSite) return <Outlet />;
  return (
    <HomeShell>
      <Outlet />
    </HomeShell>
  );
}

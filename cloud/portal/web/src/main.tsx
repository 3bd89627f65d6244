import "@mantine/core/styles.layer.css";
import "@mantine/notifications/styles.layer.css";
import "@fontsource-variable/inter/wght.css";
import "./theme.css";
import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { meQuery } from "./api/account";
import { keys } from "./api/keys";
import { asProblem } from "./api/problem";
import { Conflicts } from "./parts/conflict";
import { makeRouter } from "./router";
import { startLanguage } from "./text/language";
import { theme } from "./theme";

/** Pages that nobody needs to be signed in for. */
const outside = ["/sign-in", "/setup", "/activate", "/reset", "/confirm", "/policy"];

async function ledToGate() {
  const me = await client.fetchQuery({ ...meQuery, staleTime: 5000 }).catch(() => undefined);
  if (me && me.gate !== "") await router.navigate({ to: "/gate", search: { next: location.pathname + location.search } });
}

const client = new QueryClient({
  queryCache: new QueryCache({
    // A session that ended is noticed by whatever is read next: back to sign-in, and to the same page afterwards.
    onError: (err) => {
      // A gate closed meanwhile, such as by a new privacy policy: whoever is kept out is led to it.
      if (asProblem(err).status === 403 && !outside.includes(location.pathname) && location.pathname !== "/gate") void ledToGate();
      if (asProblem(err).status !== 401 || outside.includes(location.pathname)) return;
      client.removeQueries({ queryKey: keys.me });
      void router.navigate({ to: "/sign-in", search: { next: location.pathname + location.search } });
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 20_000,
      retry: (count, err) => {
        const status = asProblem(err).status;
        return count < 2 && (status === 0 || status >= 500);
      },
    },
  },
});
const router = makeRouter(client);
const schemes = localStorageColorSchemeManager({ key: "vestibule-theme" });

await startLanguage();

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <MantineProvider theme={theme} colorSchemeManager={schemes} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
      <Notifications position="bottom-right" limit={3} autoClose={4000} />
      <Conflicts />
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

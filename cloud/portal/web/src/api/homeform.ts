import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { homeBody, homeField, homeValues, type HomeForm, type HomeValues } from "../words/homeform";
import { api, got, ifMatch } from "./client";
import { keys } from "./keys";
import { inForm } from "./problem";

const keyOf = (site: string) => [...keys.of(site, "people"), "user"] as const;

/** The form of the user of a single-family home; read anew each time it is opened. */
export function useHomeForm(site: string) {
  return useQuery({ queryKey: keyOf(site), queryFn: () => got(api.GET("/sites/{site}/user", { params: { path: { site } } })), refetchOnMount: "always" });
}

export function useSaveHomeForm(site: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (values: HomeValues) => {
      try {
        return await got(api.PUT("/sites/{site}/user", { params: { path: { site }, header: ifMatch(values.revision) }, body: homeBody(values) }));
      } catch (err) {
        throw inForm(err, (path) => homeField(values, path), (theirs) => homeValues(theirs as unknown as HomeForm));
      }
    },
    onSuccess: (saved) => {
      client.setQueryData(keyOf(site), saved);
      void client.invalidateQueries({ queryKey: keys.site(site) });
      void client.invalidateQueries({ queryKey: keys.sites });
    },
  });
}

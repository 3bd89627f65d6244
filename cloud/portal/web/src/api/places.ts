import { useQuery } from "@tanstack/react-query";
import { api, got } from "./client";
import type { components } from "./schema";

export type Country = components["schemas"]["Country"];
export type Place = components["schemas"]["Address"];

/** The catalogue changes with the program alone. */
const kept = { staleTime: Infinity };

/** Every country, with its calling code. */
export function useCountries() {
  return useQuery({ queryKey: ["places", "countries"], queryFn: () => got(api.GET("/places/countries")).then((list) => list.items), ...kept });
}

/** The states of a country; none without one. */
export function useStates(country: string) {
  return useQuery({
    queryKey: ["places", "states", country], enabled: country !== "", ...kept,
    queryFn: () => got(api.GET("/places/states", { params: { query: { country } } })).then((list) => list.items),
  });
}

/** The cities of a state, or of a country without chosen state. */
export function useCities(country: string, state: string) {
  return useQuery({
    queryKey: ["places", "cities", country, state], enabled: country !== "", ...kept,
    queryFn: () => got(api.GET("/places/cities", { params: { query: { country, state } } })).then((list) => list.items),
  });
}

/** The place at a position: the nearest city, or an empty address where there is none. A hundred metres are enough for that; nothing finer leaves the page. */
export function placeAt({ latitude, longitude }: { latitude: number; longitude: number }): Promise<Place> {
  const rounded = (degrees: number) => Number(degrees.toFixed(3));
  return got(api.GET("/places/near", { params: { query: { lat: rounded(latitude), lon: rounded(longitude) } } }));
}

import { Button, Group, Text } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { IconCurrentLocation } from "@tabler/icons-react";
import { useState } from "react";
import { placeAt, type Place } from "../api/places";
import { asProblem } from "../api/problem";
import { t } from "../text/t";

/** How long the browser may look, once it is allowed to, and how old a position may be that it knows already. */
const search = { timeout: 15_000, maximumAge: 300_000 };

/** What the browser says when it gives no position. */
const refused = 1;

/** Fills country, state and city with the place where the browser is (SITE-07). Whatever goes wrong is said beside the button, and the fields stay as they are. */
export function CurrentLocation<V extends Required<Place>>({ form }: { form: UseFormReturnType<V> }) {
  const [waits, setWaits] = useState(false);
  const [says, setSays] = useState("");
  const fill = async () => {
    setWaits(true);
    setSays(t("place.locating"));
    try {
      const { country = "", state = "", city = "" } = await placeAt(await position());
      if (city) form.setValues({ country, state, city } as Partial<V>);
      setSays(t(city ? "place.located" : "place.nowhere"));
    } catch (err) {
      setSays(whyNot(err));
    } finally {
      setWaits(false);
    }
  };
  return (
    <Group gap="sm">
      <Button variant="default" size="compact-sm" loading={waits} onClick={() => void fill()} leftSection={<IconCurrentLocation size={16} aria-hidden />}>
        {t("place.locate")}
      </Button>
      <Text component="span" role="status" size="xs" className="soft">
        {says}
      </Text>
    </Group>
  );
}

function position() {
  return new Promise<GeolocationCoordinates>((found, failed) => {
    navigator.geolocation.getCurrentPosition((at) => found(at.coords), failed, search);
  });
}

function whyNot(err: unknown): string {
  if (!window.isSecureContext) return t("place.insecure");
  if (!(err instanceof GeolocationPositionError)) return asProblem(err).message;
  return t(err.code === refused ? "place.refused" : "place.unlocated");
}

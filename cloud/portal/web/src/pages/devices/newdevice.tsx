import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCandidates } from "../../api/agents";
import { useApartments } from "../../api/apartments";
import type { Candidate } from "../../api/types";
import { Notice, Page, Panel, SkeletonRows } from "../../parts/page";
import { t } from "../../text/t";
import { monitor } from "../../words/floors";
import { blankDevice, DeviceForm } from "./deviceform";

/** Adds a device, from nothing but a MAC or from one that the agent found. */
export default function NewDevice() {
  const { site } = useParams({ from: "/inside/sites/$site/devices/new" });
  const search = useSearch({ from: "/inside/sites/$site/devices/new" });
  const navigate = useNavigate();
  const candidates = useCandidates(site);
  const apartments = useApartments(site);
  const found = candidates.data?.find((c) => c.mac === search.mac);
  const home = apartments.data?.find((a) => a.id === search.apartment);
  const waiting = (search.mac && candidates.isPending) || (search.apartment && apartments.isPending);
  const start = blankDevice({
    mac: search.mac ?? "",
    name: "",
    building_id: home?.building_id ?? search.building ?? "",
    apartment_id: home?.id ?? "",
    ...(search.apartment ? { type: monitor } : {}),
  });
  return (
    <Page
      title={t("devices.new")}
      crumbs={
        <Link to="/sites/$site/devices" params={{ site }}>
          {t("devices.title")}
        </Link>
      }
    >
      <div style={{ maxWidth: 640, display: "grid", gap: 14 }}>
        {found && <Found candidate={found} />}
        <Panel>
          {waiting ? (
            <SkeletonRows />
          ) : (
            <DeviceForm
              site={site}
              start={start}
              act={t("devices.new")}
              cancel={() => navigate({ to: "/sites/$site/devices", params: { site } })}
              onSaved={(d) => void navigate({ to: "/sites/$site/devices/$device", params: { site, device: d.id } })}
            />
          )}
        </Panel>
      </div>
    </Page>
  );
}

function Found({ candidate }: { candidate: Candidate }) {
  const parts = [candidate.model, candidate.firmware, candidate.address].filter(Boolean).join(" · ");
  return <Notice tone="ok">{t("found.is", { parts })}</Notice>;
}

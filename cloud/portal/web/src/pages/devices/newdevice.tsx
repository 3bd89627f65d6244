import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCandidates } from "../../api/agents";
import { useApartment } from "../../api/apartments";
import { useHomes } from "../../api/homes";
import { useSite } from "../../api/sites";
import type { Candidate } from "../../api/types";
import { Failed, Notice, Page, Panel, SkeletonRows } from "../../parts/page";
import { t } from "../../text/t";
import { devicePlace, firstType, likelyDriver } from "../../words/deviceform";
import { blankDevice, DeviceForm } from "./deviceform";

/** Adds a device, from nothing but a MAC or from one that the agent found. */
export default function NewDevice() {
  const { site } = useParams({ from: "/inside/sites/$site/devices/new" });
  const search = useSearch({ from: "/inside/sites/$site/devices/new" });
  const navigate = useNavigate();
  const found = useCandidates(site).data?.find((c) => c.mac === search.mac);
  const start = useStart(site);
  return (
    <Page
      title={t("devices.new")}
      crumbs={
        <Link to="/sites/$site/devices" params={{ site }}>
          {t("devices.title")}
        </Link>
      }
    >
      <div style={{ maxWidth: 720, display: "grid", gap: 14 }}>
        {found && <Found candidate={found} />}
        <Panel>
          {start.error ? (
            <Failed error={start.error} />
          ) : start.draft ? (
            <DeviceForm
              site={site}
              start={start.draft}
              act={t("devices.new")}
              cancel={() => navigate({ to: "/sites/$site/devices", params: { site } })}
              onSaved={(d) => void navigate({ to: "/sites/$site/devices/$device", params: { site, device: d.id } })}
            />
          ) : (
            <SkeletonRows />
          )}
        </Panel>
      </div>
    </Page>
  );
}

/** What the form begins with: the place that the address names; in a single-family home its only one. */
function useStart(site: string) {
  const search = useSearch({ from: "/inside/sites/$site/devices/new" });
  const head = useSite(site);
  const candidates = useCandidates(site);
  const single = head.data?.kind === "single";
  const one = useApartment(site, search.apartment);
  const only = useHomes(site, "", single);
  const error = head.error ?? one.error ?? only.error;
  if (!head.data || (search.mac && candidates.isPending) || (search.apartment && !one.data) || (single && !only.data)) return { error };
  const found = candidates.data?.find((c) => c.mac === search.mac);
  const home = one.data ?? only.data?.[0];
  const place = {
    building_id: home?.building_id ?? search.building ?? "", apartment_id: home?.id ?? "", department_id: search.department ?? "", company_id: search.company ?? "",
  };
  const type = firstType(devicePlace(head.data.kind, place));
  return { draft: blankDevice({ ...place, type, mac: search.mac ?? "", model: found?.model ?? "", driver: likelyDriver(found) }), error };
}

function Found({ candidate }: { candidate: Candidate }) {
  const parts = [candidate.model, candidate.firmware, candidate.address].filter(Boolean).join(" · ");
  return <Notice tone="ok">{t("found.is", { parts })}</Notice>;
}

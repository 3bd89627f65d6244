import { Modal } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import {
  IconAddressBook, IconArrowRight, IconBuildings, IconBuildingStore, IconDeviceLandlinePhone, IconDoor, IconUserCog, IconUsers, type Icon,
} from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useEffect, useId, useState, type KeyboardEvent } from "react";
import { findApartments, findDevices, findManagers, findOrgs, findPeople, findSites, findSubAccounts } from "../api/find";
import { t } from "../text/t";
import { find, type Found } from "../words/find";
import { useEyes } from "./eyes";
import { navFor } from "./nav";
import css from "./search.module.css";
import { useWork } from "./work";

const icons: Record<Found["group"], Icon> = {
  pages: IconArrowRight, sites: IconBuildings, apartments: IconDoor, people: IconAddressBook, devices: IconDeviceLandlinePhone, managers: IconUserCog,
  subaccounts: IconUsers, orgs: IconBuildingStore,
};

/** Ctrl-K: goes to any page, site, manager or organisation, and to any apartment, person or device of the site one is in. */
export default function Search({ site, onClose }: { site?: string; onClose: () => void }) {
  const [wanted, setWanted] = useState("");
  const [at, setAt] = useState(0);
  const listID = useId();
  const router = useRouter();
  const results = useResults(site, wanted);
  const go = (found: Found) => {
    onClose();
    router.history.push(found.to);
  };
  const onKey = (e: KeyboardEvent) => {
    if (e.key === "ArrowDown") setAt(Math.min(at + 1, results.length - 1));
    else if (e.key === "ArrowUp") setAt(Math.max(at - 1, 0));
    else if (e.key === "Enter" && results[at]) go(results[at]);
    else return;
    e.preventDefault();
  };
  const current = results[at] ? `${listID}-${at}` : undefined;
  useEffect(() => {
    if (current) document.getElementById(current)?.scrollIntoView({ block: "nearest" });
  }, [current]);
  return (
    <Modal.Root lockScroll={false} opened onClose={onClose} padding={0} size={620} yOffset="12vh" centered={false}>
      <Modal.Overlay />
      <Modal.Content aria-label={t("search.open")}>
      <input
        className={css.input}
        data-autofocus
        role="combobox"
        aria-expanded={results.length > 0}
        aria-controls={listID}
        aria-activedescendant={current}
        aria-autocomplete="list"
        aria-label={t("search.placeholder")}
        placeholder={t("search.placeholder")}
        value={wanted}
        onChange={(e) => {
          setWanted(e.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKey}
      />
      {wanted.trim() !== "" && results.length === 0 && <div className={css.nothing}>{t("search.nothing")}</div>}
      <div className={css.results} role="listbox" id={listID} aria-label={t("search.open")} hidden={results.length === 0}>
        {results.map((r, i) => {
          const Drawn = icons[r.group];
          return (
            <div key={r.key} role="presentation">
              {results[i - 1]?.group !== r.group && (
                <div className={css.group} role="presentation">
                  {t(`search.${r.group}`)}
                </div>
              )}
              <div id={`${listID}-${i}`} role="option" aria-selected={i === at} className={css.option} onClick={() => go(r)} onMouseMove={() => setAt(i)}>
                <Drawn size={18} aria-hidden />
                {r.label}
                <span className={css.more}>{r.more}</span>
              </div>
            </div>
          );
        })}
      </div>
      {site && <div className={css.note}>{t("search.here")}</div>}
      </Modal.Content>
    </Modal.Root>
  );
}

function useResults(site: string | undefined, wanted: string): Found[] {
  const eyes = useEyes();
  const work = useWork();
  const may = (right: string) => eyes.rights.includes(right);
  const words = wanted.trim();
  const [asked] = useDebouncedValue(words, 150);
  const ask = (right: string, here = true) => ({ enabled: asked !== "" && here && may(right), placeholderData: keepPreviousData });
  const inside = Boolean(site);
  const answers = [
    useQuery({ ...findSites(asked), ...ask("sites.read") }),
    useQuery({ ...findManagers(asked), ...ask("managers.read") }),
    useQuery({ ...findSubAccounts(asked), ...ask("subaccounts.write") }),
    useQuery({ ...findOrgs(asked), ...ask("orgs.read") }),
    useQuery({ ...findApartments(site ?? "", asked), ...ask("sites.read", inside) }),
    useQuery({ ...findPeople(site ?? "", asked), ...ask("people.read", inside) }),
    useQuery({ ...findDevices(site ?? "", asked), ...ask("devices.read", inside) }),
  ];
  if (words === "") return [];
  return find(words, {
    named: navFor(eyes, work).map((n) => ({ key: n.to, group: "pages", label: t(n.label), more: "", to: n.to })),
    served: answers.flatMap((a) => a.data ?? []),
    settled: asked === words && answers.every((a) => !a.isPlaceholderData),
  });
}

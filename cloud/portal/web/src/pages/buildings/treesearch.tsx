import { CloseButton, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { KeyboardEvent } from "react";
import { useApartmentsLike } from "../../api/apartments";
import type { Tree } from "../../api/tree";
import type { Apartment } from "../../api/types";
import { SkeletonRows } from "../../parts/page";
import { t, tn } from "../../text/t";
import { aptWords } from "../../words/homes";
import { holds } from "../../words/paging";
import css from "./tree.module.css";

interface FindProps { words: string; onWords: (words: string) => void }

/** The search box above the tree; the arrow down leads into what it found. */
export function TreeFind({ words, onWords }: FindProps) {
  const down = (e: KeyboardEvent<HTMLInputElement>) => {
    if (e.key === "Escape" && words) onWords("");
    else if (e.key === "ArrowDown") e.currentTarget.closest("nav")?.querySelector<HTMLElement>("[data-hit], [role=treeitem]")?.focus();
    else return;
    e.preventDefault();
  };
  return (
    <div className={css.find}>
      <TextInput
        aria-label={t("homes.find_tree")}
        placeholder={t("homes.find_tree")}
        leftSection={<IconSearch size={16} aria-hidden />}
        rightSection={words && <CloseButton size="sm" aria-label={t("list.clear")} onClick={() => onWords("")} />}
        value={words}
        onChange={(e) => onWords(e.currentTarget.value)}
        onKeyDown={down}
      />
    </div>
  );
}

/** What the words are found in: buildings by name, apartments by number, name or resident. */
export function TreeHits({ site, of, words }: { site: string; of: Tree; words: string }) {
  const [asked] = useDebouncedValue(words.trim(), 200);
  const homes = useApartmentsLike(site, asked);
  const buildings = of.buildings.filter((b) => holds(b.name, words)).slice(0, 10);
  const items = homes.data?.items ?? [];
  const none = homes.data && items.length + buildings.length === 0;
  const more = (homes.data?.total ?? 0) - items.length;
  return (
    <>
      <ul className={css.hits} aria-label={t("homes.found")} onKeyDown={step}>
        {buildings.map((b) => (
          <li key={b.id}>
            <Link data-hit to="/sites/$site/buildings/$building" params={{ site, building: b.id }} className={css.hit}>
              <span>{b.name}</span>
              <span className="soft">{tn("count.apartments", b.apartments)}</span>
            </Link>
          </li>
        ))}
        {items.map((a) => (
          <Hit key={a.id} site={site} apartment={a} />
        ))}
      </ul>
      {!homes.data && <SkeletonRows n={3} />}
      <div role="status" className={css.note}>
        {none && t("homes.find_none")}
        {more > 0 && tn("homes.find_more", more)}
      </div>
    </>
  );
}

function Hit({ site, apartment: a }: { site: string; apartment: Apartment }) {
  const where = [a.building, a.name, ...a.people.map((p) => p.name)].filter(Boolean).join(" · ");
  return (
    <li>
      <Link data-hit to="/sites/$site/buildings/apartments/$apartment" params={{ site, apartment: a.id }} className={css.hit}>
        <span>{aptWords(a)}</span>
        <span className="soft">{where}</span>
      </Link>
    </li>
  );
}

/** The arrows walk among what was found. */
function step(e: KeyboardEvent<HTMLUListElement>) {
  if (e.key !== "ArrowDown" && e.key !== "ArrowUp") return;
  const all = [...e.currentTarget.querySelectorAll<HTMLElement>("[data-hit]")];
  const at = all.indexOf((e.target as HTMLElement).closest<HTMLElement>("[data-hit]")!);
  const next = all[at + (e.key === "ArrowDown" ? 1 : -1)] ?? e.currentTarget.closest("nav")?.querySelector("input");
  e.preventDefault();
  next?.focus();
}

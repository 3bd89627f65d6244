import { IconChevronRight } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { createContext, useContext, useEffect, useRef, type ReactElement, type ReactNode } from "react";
import type { Open } from "../../words/tree";
import css from "./tree.module.css";

interface TreeState {
  site: string;
  open: Open;
  put: (name: string, open: boolean) => void;
  /** The item that Tab comes to. */
  at: string;
  setAt: (name: string) => void;
  /** The item whose page is shown. */
  here: string;
}

/** What every item of the tree knows of it. */
export const TreeContext = createContext<TreeState | undefined>(undefined);

export function useTreeState(): TreeState {
  const state = useContext(TreeContext);
  if (!state) throw new Error("an item outside a tree");
  return state;
}

interface ItemProps {
  name: string;
  level: number;
  to: string;
  search?: Record<string, string>;
  label: ReactNode;
  /** Beside the label: how much it holds. */
  more?: ReactNode;
  /** What hangs below; without it the item is a leaf. */
  children?: ReactNode;
  /** Puts a menu around the link. */
  menu?: (link: ReactElement) => ReactNode;
  /** Whether a branch is open until one opens or shuts it. */
  opens?: boolean;
}

/** One item of the tree: a link that arrows reach, and what hangs below while it is open. */
export function Item({ name, level, to, search = {}, label, more, menu = (link) => link, children, opens = false }: ItemProps) {
  const { open, put, at, setAt, here } = useTreeState();
  const leaf = children === undefined;
  const shown = !leaf && (open[name] ?? opens);
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (here === name) link.current?.scrollIntoView({ block: "nearest" });
  }, [here, name]);
  const toggle = () => {
    put(name, !shown);
    setAt(name);
  };
  const anchor = (
    <Link
      ref={link}
      to={to}
      search={search as never}
      activeOptions={{ exact: true, includeSearch: true }}
      className={css.link}
      data-here={here === name || undefined}
      role="treeitem"
      aria-level={level}
      aria-expanded={leaf ? undefined : shown}
      tabIndex={at === name ? 0 : -1}
      onFocus={() => setAt(name)}
    >
      <span className={css.label}>{label}</span>
      {more !== undefined && <span className={css.more}>{more}</span>}
    </Link>
  );
  return (
    <li role="none">
      <div className={css.row}>
        {leaf ? (
          <span className={css.toggle} aria-hidden />
        ) : (
          <button type="button" className={css.toggle} data-open={shown || undefined} tabIndex={-1} aria-hidden onClick={toggle}>
            <IconChevronRight size={14} />
          </button>
        )}
        {menu(anchor)}
      </div>
      {shown && (
        <ul role="group" className={css.list} data-level={level}>
          {children}
        </ul>
      )}
    </li>
  );
}

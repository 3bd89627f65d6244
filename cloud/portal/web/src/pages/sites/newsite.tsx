import { Button, Group } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useMe } from "../../api/account";
import { useSaveSite, useSiteOptions, type SiteOptions } from "../../api/sites";
import type { Site } from "../../api/types";
import { FormEnd, useSending } from "../../parts/form";
import { Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { usePhone } from "../../parts/table";
import { ownZone } from "../../parts/zones";
import { useMay } from "../../shell/eyes";
import { HomeShell } from "../../shell/shell";
import { chooseWork, workFor } from "../../shell/work";
import { t } from "../../text/t";
import { bodyOf, isAdvanced, newSite, type SiteValues } from "../../words/siteform";
import { siteKinds, type SiteKind } from "../../words/sitekind";
import { ManagerStep } from "../managers/step";
import { Missing } from "../missing";
import type { SiteFormOf } from "./fields";
import { NewHome } from "./homeform";
import { CommercialFields, CommunityAdvanced, CommunityBasics, OfficeFields } from "./kinds";
import css from "./sites.module.css";

/** The page on which a site is made, with a form for each kind (SITE-09, SITE-30, SITE-38, PEOPLE-01). */
export default function NewSitePage() {
  const { kind: asked } = useParams({ strict: false }) as { kind: string };
  const options = useSiteOptions();
  const kind = siteKinds.find((k) => k === asked);
  const offered = options.data?.kinds.includes(asked);
  if (!kind || offered === false) {
    return (
      <HomeShell>
        <Missing />
      </HomeShell>
    );
  }
  return (
    <HomeShell>
      <Page title={t(`sites.new_of_${kind}`)} crumbs={<Link to="/sites">{t("sites.title")}</Link>}>
        <div className={css.page}>
          {options.isPending && (
            <Panel>
              <SkeletonRows n={5} />
            </Panel>
          )}
          {options.isError && !options.data && <Failed error={options.error} again={() => void options.refetch()} />}
          {options.data && <Making key={kind} kind={kind} options={options.data} />}
        </div>
      </Page>
    </HomeShell>
  );
}

/** The form, then who manages what was made (PM-06). */
function Making({ kind, options }: { kind: SiteKind; options: SiteOptions }) {
  const navigate = useNavigate();
  const assigns = useMay("managers.write");
  const account = useMe().data?.id ?? "";
  const [made, setMade] = useState<Site>();
  const open = (site: Site) => navigate({ to: "/sites/$site", params: { site: site.id } });
  const onMade = async (site: Site) => {
    chooseWork(account, workFor(site.kind)); // one goes on where the new site is listed
    if (assigns && site.kind !== "single") setMade(site);
    else await open(site);
  };
  const cancel = () => void navigate({ to: "/sites" });
  if (made) {
    return (
      <Panel>
        <p className={css.made}>{t("sites.managers_body", { name: made.name })}</p>
        <ManagerStep site={made.id} onDone={() => void open(made)} />
      </Panel>
    );
  }
  return (
    <>
      <Kinds at={kind} options={options} />
      <Panel>{kind === "single" ? <NewHome cancel={cancel} onMade={onMade} /> : <NewProject kind={kind} options={options} cancel={cancel} onMade={onMade} />}</Panel>
    </>
  );
}

/** The other kinds that may be made. */
function Kinds({ at, options }: { at: SiteKind; options: SiteOptions }) {
  return (
    <nav className={css.tabs} aria-label={t("sites.kinds")}>
      {siteKinds
        .filter((k) => options.kinds.includes(k))
        .map((k) => (
          <Link key={k} to="/sites/new/$kind" params={{ kind: k }} className={css.tab} aria-current={k === at ? "page" : undefined}>
            {t(`sitekind.${k}`)}
          </Link>
        ))}
    </nav>
  );
}

interface NewProjectProps {
  kind: SiteKind;
  options: SiteOptions;
  cancel: () => void;
  onMade: (site: Site) => Promise<unknown>;
}

/** Makes any site but a single-family home; a community in two steps, of which the second may wait. */
function NewProject({ kind, options, cancel, onMade }: NewProjectProps) {
  const save = useSaveSite();
  const form = useForm<SiteValues>({ mode: "controlled", initialValues: newSite(kind, options.time_zone || ownZone()) });
  const sending = useSending(form, async (values) => onMade(await save.mutateAsync(bodyOf(values))));
  const [step, setStep] = useState(1);
  useFaultsInSight(form, step, setStep);
  const heading = useRef<HTMLHeadingElement>(null);
  const turn = () => {
    setStep(3 - step);
    heading.current?.focus(); // one reads on at its top, not where the button stood
  };
  const of = kind === "community" ? 2 : 1;
  const phone = usePhone(); // three buttons would not stand beside each other; the crumb leads back
  const part = { form, options };
  return (
    <form onSubmit={sending.submit} noValidate className={css.form}>
      {of > 1 && (
        <div className={css.step}>
          <h2 ref={heading} tabIndex={-1}>{t(step === 1 ? "siteform.step_basic" : "siteform.step_advanced")}</h2>
          <span className="soft">{t("siteform.step", { n: step, of })}</span>
        </div>
      )}
      {kind === "commercial" && <CommercialFields {...part} />}
      {kind === "office" && <OfficeFields {...part} />}
      {kind === "community" && (step === 1 ? <CommunityBasics {...part} /> : <CommunityAdvanced {...part} />)}
      <FormEnd
        rest={sending.rest}
        busy={sending.busy}
        act={t("sites.create")}
        left={
          <Group gap="xs">
            {!(phone && of > 1) && (
              <Button variant="default" onClick={cancel}>
                {t("act.cancel")}
              </Button>
            )}
            {of > 1 && (
              <Button variant="default" onClick={turn}>
                {t(step === 1 ? "siteform.next" : "siteform.back")}
              </Button>
            )}
          </Group>
        }
      />
    </form>
  );
}

/** Goes back to the first step when what is wrong stands there, and to its first field. */
function useFaultsInSight(form: SiteFormOf, step: number, setStep: (step: number) => void) {
  const wrong = Object.keys(form.errors)[0];
  useEffect(() => {
    if (!wrong) return;
    if (step === 2 && !isAdvanced(form.getValues().kind, wrong)) setStep(1);
    const later = setTimeout(() => form.getInputNode(wrong)?.focus());
    return () => clearTimeout(later);
  }, [wrong]); // a step that the person chose afterwards stays
}

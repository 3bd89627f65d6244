import { Anchor, Stack, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useFeedback, useHome } from "../../api/managers";
import { FormEnd, useSending } from "../../parts/form";
import { Failed, Notice, Page, Panel, SkeletonRows } from "../../parts/page";
import { t } from "../../text/t";
import { DeleteHome } from "./deletehome";
import css from "./home.module.css";

/** The home of a resident: who lives there, and how to reach the customer service. */
export default function Home() {
  const home = useHome();
  const h = home.data;
  const where = h && [h.site.name, h.apartment.building, t("home.apartment", { number: h.apartment.number })].filter(Boolean).join(" · ");
  return (
    <Page title={t("home.title")} under={where && <span>{where}</span>}>
      <div className={css.page}>
        {home.isPending && <SkeletonRows n={4} />}
        {home.isError && !h && <Failed error={home.error} again={() => home.refetch()} />}
        {h && (
          <>
            <Panel title={t("home.people")}>
              <ul className={css.people}>
                {h.people.map((name, n) => (
                  <li key={n}>{name}</li>
                ))}
              </ul>
            </Panel>
            <Panel title={t("home.support")}>
              {h.support.phone || h.support.email ? (
                <Stack gap={6}>
                  {h.support.phone && <Anchor href={`tel:${h.support.phone}`}>{h.support.phone}</Anchor>}
                  {h.support.email && <Anchor href={`mailto:${h.support.email}`}>{h.support.email}</Anchor>}
                </Stack>
              ) : (
                <span className="soft">{t("home.no_support")}</span>
              )}
            </Panel>
            <Feedback />
            <DeleteHome />
            <Link to="/policy" className={css.policy}>
              {t("home.policy")}
            </Link>
          </>
        )}
      </div>
    </Page>
  );
}

function Feedback() {
  const send = useFeedback();
  const [said, setSaid] = useState("");
  const form = useForm({ mode: "controlled", initialValues: { text: "" } });
  const sending = useSending(form, async ({ text }) => {
    setSaid("");
    const result = await send.mutateAsync(text);
    form.reset();
    setSaid(result.mailed ? t("home.mailed") : t("home.kept"));
  });
  return (
    <Panel title={t("home.feedback")}>
      <form onSubmit={sending.submit} noValidate>
        <Stack gap="md">
          <Textarea label={t("home.message")} description={t("home.feedback_help")} autosize minRows={3} maxLength={2000} {...form.getInputProps("text")} />
          {said && <Notice tone="ok">{said}</Notice>}
          <FormEnd rest={sending.rest} busy={sending.busy} act={t("home.send")} />
        </Stack>
      </form>
    </Panel>
  );
}

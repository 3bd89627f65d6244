import { Button, Stack, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { usePolicy, usePublishPolicy, type Policy } from "../../api/account";
import { Confirm } from "../../parts/confirm";
import { Failed, Page, Panel, SkeletonRows } from "../../parts/page";
import { asProblem } from "../../api/problem";
import { t } from "../../text/t";
import css from "./account.module.css";
import { PolicyDate, PolicyText } from "./policytext";

/** Where the operator publishes a new privacy policy; everybody is asked again at the next sign-in. */
export default function PolicyEdit() {
  const policy = usePolicy();
  return (
    <Page title={t("nav.policy_text")} under={policy.data && <PolicyDate policy={policy.data} />}>
      {policy.isPending && <SkeletonRows n={8} />}
      {policy.isError && <Failed error={policy.error} again={() => policy.refetch()} />}
      {policy.data && <Editor key={policy.data.version} policy={policy.data} />}
    </Page>
  );
}

function Editor({ policy }: { policy: Policy }) {
  const publish = usePublishPolicy();
  const [asking, setAsking] = useState(false);
  const form = useForm({ mode: "controlled", initialValues: { body: policy.body } });
  const same = form.values.body.trim() === policy.body.trim();
  return (
    <div className={css.two}>
      <Panel title={t("policy.text")}>
        <Stack gap="md">
          <Textarea
            label={t("policy.body")}
            description={t("policy.body_help")}
            autosize
            minRows={18}
            maxRows={32}
            maxLength={100_000}
            {...form.getInputProps("body")}
          />
          <div className={css.row}>
            <Button variant="default" disabled={same} onClick={() => form.reset()}>
              {t("policy.undo")}
            </Button>
            <Button disabled={same} onClick={() => setAsking(true)}>
              {t("policy.publish")}
            </Button>
          </div>
        </Stack>
      </Panel>
      <Panel title={t("policy.preview")}>
        <PolicyText policy={{ body: form.values.body }} />
      </Panel>
      <Confirm
        opened={asking}
        title={t("policy.publish")}
        body={t("policy.publish_ask", { n: String(policy.version + 1) })}
        act={t("policy.publish")}
        onClose={() => setAsking(false)}
        onConfirm={async () => {
          try {
            const made = await publish.mutateAsync(form.values.body);
            notifications.show({ message: t("policy.published", { n: String(made.version) }), color: "teal" });
          } catch (err) {
            form.setErrors(asProblem(err).fields);
            throw err;
          }
        }}
      />
    </div>
  );
}

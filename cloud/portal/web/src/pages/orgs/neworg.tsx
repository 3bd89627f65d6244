import { Drawer, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useAddOrg, type HandedOut } from "../../api/orgs";
import { SecretBox } from "../../parts/code";
import { FormEnd, useSending } from "../../parts/form";
import { asProblem, Problem } from "../../api/problem";
import { t } from "../../text/t";
import { Credits, GateFold, GateList } from "./gates";
import css from "./orgs.module.css";
import type { GateName } from "./words";

interface NewOrgProps {
  opened: boolean;
  operator: boolean;
  distributors: HandedOut[];
  onClose: () => void;
}

/** The drawer in which an organisation is handed out; without a mail address its link is shown once. */
export function NewOrg(props: NewOrgProps) {
  const navigate = useNavigate();
  const [made, setMade] = useState<{ id: string; link: string }>();
  const go = (id: string) => void navigate({ to: "/orgs/$org", params: { org: id } });
  const done = (id: string, link: string | undefined) => {
    props.onClose();
    if (link) setMade({ id, link });
    else go(id);
  };
  const title = props.operator ? t("orgs.new") : t("orgs.new_installer");
  return (
    <>
      <Drawer opened={props.opened} onClose={props.onClose} size={520} title={title} closeButtonProps={{ "aria-label": t("act.close") }}>
        {props.opened && <OrgForm {...props} onDone={done} />}
      </Drawer>
      <ShowLink link={made?.link} onDone={() => made && (go(made.id), setMade(undefined))} />
    </>
  );
}

/** Shows the link for the owner, once. */
export function ShowLink({ link, onDone }: { link: string | undefined; onDone: () => void }) {
  return <SecretBox title={t("orgs.link_title")} value={link} body={t("orgs.link_body")} label={t("orgs.link")} done={t("orgs.link_done")} onDone={onDone} />;
}

const start = { kind: "installer" as HandedOut["kind"], parent_id: "", name: "", owner: "", email: "", username: "", gates: {} as Partial<Record<GateName, boolean>> & { credits?: number } };

// A distributor registers the MACs of its installers, until it says otherwise (MAC-04).
const registered: (typeof start)["gates"] = { mac_registration: true };

function OrgForm({ operator, distributors, onClose, onDone }: NewOrgProps & { onDone: (id: string, link: string | undefined) => void }) {
  const add = useAddOrg();
  const form = useForm({ mode: "controlled", initialValues: { ...start, kind: operator ? "distributor" : start.kind, gates: operator ? {} : registered } });
  const values = form.getValues();
  const sending = useSending(form, async (v) => {
    try {
      const made = await add.mutateAsync({
        name: v.name, kind: v.kind, parent_id: v.kind === "installer" && v.parent_id ? v.parent_id : undefined,
        account: { name: v.owner, email: v.email || undefined, username: v.username || undefined },
        gates: v.gates,
      });
      onDone(made.id, made.link);
    } catch (err) {
      throw flat(asProblem(err));
    }
  });
  return (
    <form onSubmit={sending.submit} noValidate>
      <Stack gap="md">
        {operator && (
          <Select
            label={t("orgs.kind")}
            allowDeselect={false}
            data={(["distributor", "installer"] as const).map((k) => ({ value: k, label: t(`orgs.kind_${k}`) }))}
            {...form.getInputProps("kind")}
            onChange={(kind) => form.setValues({ kind: kind as HandedOut["kind"], gates: {} })}
          />
        )}
        {operator && values.kind === "installer" && (
          <Select label={t("orgs.parent")} searchable data={distributors.map((o) => ({ value: o.id, label: o.name }))} {...form.getInputProps("parent_id")} />
        )}
        <TextInput label={t("orgs.name")} data-autofocus {...form.getInputProps("name")} />
        <TextInput label={t("orgs.owner_name")} autoComplete="off" {...form.getInputProps("owner")} />
        <TextInput
          label={t("orgs.email")}
          description={t("orgs.email_help")}
          inputWrapperOrder={["label", "input", "description", "error"]}
          type="email"
          autoComplete="off"
          {...form.getInputProps("email")}
        />
        <TextInput
          label={t("orgs.username")}
          description={t("orgs.username_help")}
          inputWrapperOrder={["label", "input", "description", "error"]}
          autoComplete="off"
          spellCheck={false}
          {...form.getInputProps("username")}
        />
        <GateFold>
          <GateList
            kind={values.kind}
            on={(g) => Boolean(values.gates[g])}
            onChange={(g, on) => form.setFieldValue(`gates.${g}`, on)}
            error={(g) => form.errors[`gates.${g}`]}
          />
          {!operator && (
            <div className={css.credits}>
              <Credits value={values.gates.credits ?? 0} error={form.errors["gates.credits"]} onChange={(n) => form.setFieldValue("gates.credits", n)} />
            </div>
          )}
        </GateFold>
        <FormEnd rest={sending.rest} busy={sending.busy} act={t("orgs.create")} cancel={onClose} />
      </Stack>
    </form>
  );
}

/** The form is flat, the API's account is not. */
function flat(p: Problem): Problem {
  const named = (path: string) => (path === "account.name" ? "owner" : path.replace(/^account\./, ""));
  return new Problem(p.status, p.code, p.message, Object.fromEntries(Object.entries(p.fields).map(([path, msg]) => [named(path), msg])), p.requestID);
}

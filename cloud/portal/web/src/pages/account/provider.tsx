import { Anchor, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useSaveProvider, type Provider } from "../../api/account";
import { FormEnd, useSending } from "../../parts/form";
import { Gate } from "../../shell/gate";
import { t } from "../../text/t";

const fields = [
  ["company", "organization", "text"],
  ["address", "street-address", "text"],
  ["phone", "tel", "tel"],
  ["email", "email", "email"],
  ["tax_id", "off", "text"],
  ["website", "url", "url"],
] as const;

/** Service Provider Information right after Agree: whom the policy of the installer's residents names. Blank is fine (ACC-08). */
export function ServiceProvider({ form: known, onDone }: { form: Provider; onDone: () => void }) {
  const save = useSaveProvider();
  const form = useForm<Required<Provider>>({
    mode: "uncontrolled",
    initialValues: {
      company: known.company ?? "", address: known.address ?? "", phone: known.phone ?? "", email: known.email ?? "", tax_id: known.tax_id ?? "",
      website: known.website ?? "",
    },
  });
  const sending = useSending(form, async (values) => {
    await save.mutateAsync(values);
    onDone();
  });
  const skip = (
    <Anchor component="button" type="button" size="sm" onClick={onDone}>
      {t("provider.skip")}
    </Anchor>
  );
  return (
    <Gate title={t("provider.title")} lead={t("provider.lead")}>
      <form onSubmit={sending.submit} noValidate>
        <Stack gap="md">
          {fields.map(([name, complete, type]) => (
            <TextInput key={form.key(name)} label={t(`provider.${name}`)} type={type} autoComplete={complete} {...form.getInputProps(name)} />
          ))}
          <FormEnd rest={sending.rest} busy={sending.busy} act={t("provider.submit")} left={skip} />
        </Stack>
      </form>
    </Gate>
  );
}

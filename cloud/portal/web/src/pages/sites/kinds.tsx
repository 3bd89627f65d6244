import { Select, TextInput } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { AddressFields } from "../../parts/address";
import { CurrentLocation } from "../../parts/locate";
import { ZoneSelect } from "../../parts/zones";
import { t } from "../../text/t";
import { Choose, DateFields, fieldLabel, Fields, Flag, type PartProps, type SiteFormOf } from "./fields";
import { Cards, PlanField } from "./plans";
import css from "./sites.module.css";

/** The name of a site, which is the first thing of every form. */
export function NameField({ form }: { form: SiteFormOf }) {
  const fresh = form.getValues().revision === undefined;
  return <TextInput label={t("sites.name")} autoFocus={fresh} autoComplete="off" {...form.getInputProps("name")} />;
}

function Place({ form, locate }: { form: SiteFormOf; locate?: boolean }) {
  return (
    <Fields title={t("siteform.place")}>
      <div className={css.lead}>
        <span className="soft">{t("siteform.place_help")}</span>
      </div>
      {locate && <CurrentLocation form={form} />}
      <AddressFields form={form} />
    </Fields>
  );
}

export function ZoneField({ form, open }: { form: SiteFormOf; open?: string }) {
  return <ZoneSelect current={form.getValues().time_zone} open={open} {...form.getInputProps("time_zone")} />;
}

/** The first step of a community (SITE-09). */
export function CommunityBasics({ form, options }: PartProps) {
  const premium = form.getValues().plan === "premium";
  return (
    <>
      <p className={css.banner}>
        <IconInfoCircle size={18} aria-hidden />
        {t("siteform.firmware")}
      </p>
      <NameField form={form} />
      <Place form={form} />
      <Fields title={t("siteform.time")}>
        <ZoneField form={form} />
        <DateFields form={form} />
      </Fields>
      <Fields title={t("siteform.services")}>
        <PlanField form={form} options={options} />
        {premium && <Flag form={form} field="landline" />}
      </Fields>
    </>
  );
}

/** The second step of a community; what those above have not opened is absent (SITE-13 to SITE-22). */
export function CommunityAdvanced({ form, options }: PartProps) {
  const was = form.getInitialValues();
  return (
    <>
      <Fields title={t("siteform.doors")}>
        <Choose form={form} field="contact_order" values={["first_last", "last_first"]} />
        <Choose form={form} field="pin_mode" values={["pin", "apt_pin"]} />
        <Flag form={form} field="video_storage" />
        <Flag form={form} field="no_visitor_log" text="visitor_log" inverted />
        {(options.community_calls || was.community_calls) && <Flag form={form} field="community_calls" />}
      </Fields>
      <Fields title={t("siteform.who")}>
        <Choose form={form} field="access" values={["public_private", "public"]} />
        {(options.pay_by_pm || was.pay_by_pm) && <Flag form={form} field="pay_by_pm" />}
        <Choose form={form} field="expiration_mails" values={["user_pm", "pm", "off"]} />
        <Flag form={form} field="renew_mails" />
      </Fields>
      <Fields title={t("siteform.others")}>
        <Flag form={form} field="smart_home" />
        <Flag form={form} field="no_registration" text="scan" inverted />
        {(options.dormakaba || was.dormakaba) && <Flag form={form} field="dormakaba" />}
      </Fields>
    </>
  );
}

/** The form of a commercial site; one that there is already has more to say (SITE-30 to SITE-35). */
export function CommercialFields({ form, options, made }: PartProps & { made?: boolean }) {
  const { variant } = form.getValues();
  const scenarios = variant === "single_company" ? options.single_company : options.multi_company;
  return (
    <>
      {!made && <Variant form={form} />}
      <NameField form={form} />
      <Place form={form} locate />
      <Fields title={t("siteform.time")}>
        <ZoneField form={form} />
        {made && <DateFields form={form} />}
        {made && <Choose form={form} field="contact_order" values={["first_last", "last_first"]} />}
      </Fields>
      <Fields title={t("siteform.services")}>
        <Select
          label={fieldLabel("scenario")}
          data={[{ value: "", label: t("siteform.scenario_none") }, ...scenarios.map((s) => ({ value: s, label: s }))]}
          {...form.getInputProps("scenario")}
        />
        <Choose form={form} field="attendance" values={["off", "100", "unlimited"]} />
      </Fields>
      <Fields title={t("siteform.privileges")}>
        <Flag form={form} field="create_pin" />
        <Flag form={form} field="create_qr" />
      </Fields>
      {made && (
        <Fields title={t("siteform.told")}>
          <Flag form={form} field="disconnect_mails" />
          <Flag form={form} field="sim_messages" />
          <Flag form={form} field="no_call_pictures" text="call_pictures" inverted />
        </Fields>
      )}
    </>
  );
}

/** Single- or multi-company; the scenarios of the other do not fit. */
function Variant({ form }: { form: SiteFormOf }) {
  form.watch("variant", () => form.setFieldValue("scenario", ""));
  return <Cards form={form} field="variant" values={["single_company", "multi_company"]} under={t("siteform.variant_fixed")} />;
}

/** The form of an office (SITE-38, SITE-40). */
export function OfficeFields({ form }: PartProps) {
  const paid = form.getValues().office_plan;
  return (
    <>
      <NameField form={form} />
      <ZoneField form={form} />
      <Fields title={t("siteform.services")}>
        <Flag form={form} field="office_plan" />
        {(["package_room", "pin_control", "qr_control"] as const).map((f) => (
          <Flag key={f} form={form} field={f} disabled={!paid} />
        ))}
        <Flag form={form} field="no_visitor_log" text="visitor_log" inverted />
      </Fields>
    </>
  );
}

/** What a single-family home has beside its user (PEOPLE-05 to PEOPLE-07). */
export function HomeServices({ form }: { form: SiteFormOf }) {
  const automated = form.getValues().smart_home;
  form.watch("smart_home", ({ value }) => value && form.setFieldValue("premium", false));
  return (
    <Fields title={t("siteform.services")}>
      <Flag form={form} field="smart_home" text="home_automation" />
      <Flag form={form} field="premium" disabled={automated} says={automated ? t("siteform.premium_dimmed") : undefined} />
      <Flag form={form} field="landline" says={t("siteform.landline_home_help")} />
    </Fields>
  );
}

/** The settings of a single-family home as a whole (SITE-41, SITE-42); who lives there stands among its people. */
export function HomeFields({ form }: PartProps) {
  return (
    <>
      <NameField form={form} />
      <Place form={form} />
      <ZoneField form={form} />
      <HomeServices form={form} />
      <Fields title={t("siteform.payment")}>
        <Choose form={form} field="charge_mode" values={["installer", "end_user"]} />
        <Flag form={form} field="user_mails" />
        <Flag form={form} field="renew_mails" />
      </Fields>
    </>
  );
}

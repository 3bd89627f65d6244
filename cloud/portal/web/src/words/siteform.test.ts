import { expect, test } from "vitest";
import type { Site } from "../api/types";
import { differences } from "./merge";
import { bodyOf, isAdvanced, newSite, valuesOf } from "./siteform";

const site = (of: Partial<Site>) => ({ name: "Lindenhof", time_zone: "Europe/Vienna", kind: "community", revision: 3, form: {}, address: {}, ...of }) as Site;

test("a kind of site is told its own fields alone", () => {
  expect(Object.keys(bodyOf(newSite("office", "UTC")).form).sort()).toEqual(["no_visitor_log", "office_plan", "package_room", "pin_control", "qr_control"]);
  expect(bodyOf(newSite("commercial", "UTC")).form).not.toHaveProperty("plan");
  expect(bodyOf(newSite("community", "UTC")).form).not.toHaveProperty("variant");
  expect(bodyOf(newSite("single", "")).form).not.toHaveProperty("contact_order");
});

test("a new community begins with the defaults of the form", () => {
  expect(bodyOf(newSite("community", "Europe/Vienna"))).toMatchObject({
    time_zone: "Europe/Vienna", form: { date_format: "ymd", hour12: false, plan: "basic", landline: false, no_registration: false, access: "public_private" },
  });
});

test("what a plan takes away is not sent", () => {
  expect(bodyOf({ ...newSite("community", "UTC"), plan: "basic", landline: true }).form.landline).toBe(false);
  expect(bodyOf({ ...newSite("community", "UTC"), plan: "premium", landline: true }).form.landline).toBe(true);
  expect(bodyOf({ ...newSite("office", "UTC"), office_plan: false, pin_control: true }).form.pin_control).toBe(false);
});

test("a site comes back as it was stored", () => {
  const stored = site({ form: { plan: "premium", hour12: true, landline: true, expiration_mails: "pm" }, address: { country: "AT", state: "8", city: "Goetzis" } });
  const body = bodyOf(valuesOf(stored));
  expect(body.form).toMatchObject(stored.form);
  expect(body.address).toMatchObject(stored.address);
});

test("a setting that was switched off by another is a difference", () => {
  const opened = valuesOf(site({ form: { plan: "premium", video_storage: true } }));
  const theirs = { ...valuesOf(site({ form: { plan: "premium" } })) };
  const found = differences({ ...opened }, { ...opened, name: "Lindenhof 12" }, theirs);
  expect(found.map((d) => [d.path, d.start])).toEqual(expect.arrayContaining([["name", "mine"], ["video_storage", "theirs"]]));
});

test("the second step holds what may wait", () => {
  expect([isAdvanced("community", "pin_mode"), isAdvanced("community", "name"), isAdvanced("commercial", "contact_order")]).toEqual([true, false, false]);
});

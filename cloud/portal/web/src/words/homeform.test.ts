import { expect, it } from "vitest";
import { homeBody, homeField, homeValues, type HomeForm } from "./homeform";

const saved = {
  user: { name: "Ryan Reed", country: "GB", phone: "+44 7700", landlines: ["+44 20", "+1 5"] }, time_zone: "Europe/London", follow_zone: true, home_automation: true,
  revision: 7, person: { status: { area_code: "+44" } },
} as unknown as HomeForm;

it("follows the zone of the installer while none is chosen", () => {
  const values = homeValues(saved);
  expect(values).toMatchObject({ time_zone: "", phone: "7700", landlines: ["20", "+1 5", ""], smart_home: true, call_path: "ip", language: "en" });
  expect(homeBody(values)).toMatchObject({ follow_zone: true, home_automation: true, user: { phone: "7700", landlines: ["20", "+1 5"] } });
  expect(homeBody({ ...values, time_zone: "Asia/Tokyo" })).toMatchObject({ follow_zone: false, time_zone: "Asia/Tokyo" });
});

it("calls the fields of the API by their names in the form", () => {
  const values = { ...homeValues(saved), landlines: ["", "20", ""] };
  expect(["home_automation", "user.room_name", "user.landlines.0", "premium"].map((path) => homeField(values, path))).toEqual(["smart_home", "room_name", "landlines.1", "premium"]);
});

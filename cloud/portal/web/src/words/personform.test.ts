import { expect, it } from "vitest";
import type { Person } from "../api/types";
import { bodyOf, fieldOf, floorsAfter, kindsAt, moved, newPerson, valuesOf } from "./personform";

const person = (form: Person["form"], more: Partial<Person> = {}): Person => ({
  id: "p", kind: "master", apartment_id: "a", department_id: "", company_id: "", first_name: "Piotr", last_name: "Nowak", email: "", phone: "", staff_id: "",
  sip_user: "5926100118", revision: 4, form,
  status: { active: "normal", app: "unregistered", landline: "off", created_at: "", department: "", company: "", members: 0, account: "none", area_code: "+49" },
  ...more,
});

it("shows numbers behind the area code of the country, and sends them as they stand", () => {
  const values = valuesOf(person({ country: "DE", landlines: ["+49 301", "+43 1"] }, { phone: "+49 170" }));
  expect([values.phone, ...values.landlines]).toEqual(["170", "301", "+43 1", ""]);
  expect(bodyOf(values)).toMatchObject({ phone: "170", form: { country: "DE", landlines: ["301", "+43 1"] } });
});

it("keeps the code of before when the country is taken away, and lets numbers move with another", () => {
  const values = newPerson({ country: "DE", phone: "0170", landlines: ["+43 1", "", ""] });
  expect(moved(values, "", "+49")).toEqual({ country: "", phone: "+49 170", landlines: ["+43 1", "", ""] });
  expect(moved(values, "AT", "+49").phone).toBe("0170");
});

it("calls the fields of the API by their names in the form", () => {
  const values = newPerson({ landlines: ["", "1", "x"] });
  expect(["form.floors.0", "form.no_app", "email", "form.landlines.1"].map((path) => fieldOf(values, path))).toEqual(["floors.0", "app", "email", "landlines.2"]);
});

it("lets nothing ring but monitors and guard phones where an office user has no intercom", () => {
  expect(bodyOf(newPerson({ kind: "basic", app: "plain", call_type: 2 })).form).toMatchObject({ no_intercom: true, no_app: false, call_type: 6 });
  expect(bodyOf(newPerson({ kind: "basic", call_type: 2 })).form).toMatchObject({ no_intercom: false, call_type: 2 });
  expect(bodyOf(newPerson({ kind: "personnel", app: "none", call_type: 2 })).form).toMatchObject({ no_app: true, call_type: 0 });
  expect(valuesOf(person({ no_app: true, no_intercom: true })).app).toBe("none");
});

it("lets all floors leave single ones out, and single ones leave all", () => {
  expect(floorsAfter(["1", "2"], ["1", "2", "all"])).toEqual(["all"]);
  expect(floorsAfter(["all"], ["all", "3"])).toEqual(["3"]);
});

it("knows who lives and works where", () => {
  expect([kindsAt("community")[0], kindsAt("single")[1], kindsAt("office")[0], kindsAt("commercial")[1]]).toEqual(["master", "member", "basic", "administrator"]);
});

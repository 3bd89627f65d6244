/** The check of a site's log. */
export const logcheck = {
  "logcheck.act": "Check the log",
  "logcheck.whole_one": "One row looked at. It stands as it was written.",
  "logcheck.whole_other": "{n} rows looked at. Every one stands as it was written.",
  "logcheck.empty": "There is nothing in the log yet.",
  "logcheck.signed": "The building's own signature vouches for all but what came last.",
  "logcheck.erased_one": "Home {home}: one row erased by {by} on {at}.",
  "logcheck.erased_other": "Home {home}: {n} rows erased by {by} on {at}.",
  "logcheck.missing": "{agent}, {stream}: row {seq} is missing.",
  "logcheck.altered": "{agent}, {stream}: row {seq} is not as it was written.",
  "logcheck.between": "{agent}, {stream}: a row from {seq} to {until} is not as it was written.",
  "logcheck.forged": "{agent}, {stream}: the signature at row {seq} is not the building's.",
  "logcheck.tampered": "{agent}, {stream}: row {seq} was altered before it arrived.",
} as const;

/** Two who edited the same thing at once. */
export const conflict = {
  "conflict.title": "Somebody else changed this",
  "conflict.body": "It was saved by somebody else after you opened it. Choose for each field what to keep.",
  "conflict.field": "Field",
  "conflict.mine": "Yours",
  "conflict.theirs": "Saved now",
  "conflict.all_mine": "Keep mine",
  "conflict.all_theirs": "Take theirs",
  "conflict.save": "Save choice",
  "conflict.empty": "empty",
  "conflict.on": "on",
  "conflict.off": "off",
  "conflict.left": "Not saved: somebody else changed this after you opened it.",
} as const;

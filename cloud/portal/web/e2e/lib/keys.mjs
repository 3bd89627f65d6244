// A person without a mouse: everything goes by keys, and at each stop of Tab the eye has to find the focus.

/** Gives a page the names of its things, as who hears them would. */
function names() {
  const words = (node) => (node?.innerText ?? "").replaceAll(/\s+/g, " ").trim();
  window.nameOf = (node) => {
    const by = node.getAttribute("aria-labelledby")?.split(" ").map((id) => words(document.getElementById(id))).join(" ");
    return (node.getAttribute("aria-label") || by || [...(node.labels ?? [])].map(words).join(" ") || words(node)).trim();
  };
}

/** Whether the page holds what is called so, as a stop of Tab or a part of one. */
function holds({ exact, pattern, role }) {
  const fits = (name) => (pattern === undefined ? name.replace(/ \*$/, "") === exact : new RegExp(pattern).test(name));
  const stops = document.querySelectorAll("a[href], button:enabled, input:enabled, textarea:enabled, select:enabled, [tabindex]");
  return [...stops].some((node) => (!role || (node.getAttribute("role") ?? node.localName) === role) && fits(window.nameOf(node)));
}

/** What the focused thing is called and looks like; the look of the one before is compared with how it looks now, without the focus. */
function look() {
  const styles = (node) => {
    const s = getComputedStyle(node);
    return [s.outlineStyle, s.outlineWidth, s.outlineColor, s.boxShadow, s.borderColor, s.backgroundColor, s.textDecorationLine].join();
  };
  // The mark may stand on a neighbour: a switch draws its track, a card its frame.
  const drawn = (node) => [node, node.nextElementSibling, node.parentElement, node.parentElement?.nextElementSibling].filter(Boolean).map(styles).join("|");
  const named = window.nameOf;
  const now = document.activeElement;
  const before = window.focusBefore;
  const unseen = before && before.node !== now && before.node.isConnected && before.look === drawn(before.node) ? named(before.node) || before.node.outerHTML.slice(0, 120) : "";
  window.focusBefore = now && now !== document.body ? { node: now, look: drawn(now) } : undefined;
  if (!now || now === document.body) return { name: "", role: "", unseen };
  const box = now.getBoundingClientRect();
  return { name: named(now), role: now.getAttribute("role") ?? now.localName, type: now.type ?? "", outside: box.bottom < 0 || box.top > innerHeight, unseen };
}

/** Takes the focus away and gives it back to the same thing. */
function again() {
  const now = document.activeElement;
  now?.blur();
  now?.focus();
}

const fits = (name, wanted) => (wanted instanceof RegExp ? wanted.test(name) : name.replace(/ \*$/, "") === wanted);

/** Keys for a page that is not loaded yet. Each fault that the eye finds on the way goes to `fault`, once. */
export async function keysOf(page, fault) {
  await page.addInitScript(names);
  const seen = new Set();
  const once = (line) => !seen.has(line) && seen.add(line) && fault(line);
  const press = (key) => page.keyboard.press(key);
  const see = async () => {
    let at = await page.evaluate(look);
    for (let i = 0; at.outside && i < 4; i++) {
      await page.waitForTimeout(250); // it may be on its way into the window
      if (i === 2) await page.evaluate(again); // or what loaded above it pushed it out: there it is brought back like any new focus
      at = await page.evaluate(look);
    }
    if (at.unseen) once(`the focus on "${at.unseen}" is not to be seen`);
    if (at.outside) once(`the focus on "${at.name}" is outside the window`);
    return at;
  };

  /** Goes by Tab to what is called so; `role` where the name alone is not enough. */
  const to = async (wanted, { role, most = 140, back = false } = {}) => {
    const way = [];
    await page.waitForFunction(holds, wanted instanceof RegExp ? { pattern: wanted.source, role } : { exact: wanted, role });
    for (let i = 0; i <= most; i++) {
      const at = await see();
      if (fits(at.name, wanted) && (!role || at.role === role)) return;
      way.push(at.name || at.role || "nothing");
      await press(back ? "Shift+Tab" : "Tab");
    }
    throw new Error(`by keyboard ${wanted} is not reached; the way: ${[...new Set(way)].join(" · ").slice(0, 1200)}`);
  };
  const act = async (wanted, options) => {
    await to(wanted, options);
    await press("Enter");
  };
  /** Waits until a dialog has the focus: it takes it a moment after it is there, from wherever somebody has gone meanwhile. */
  const opened = (dialog = page.getByRole("dialog")) => dialog.locator(":focus").waitFor({ state: "attached" });
  const write = async (wanted, text, options) => {
    await to(wanted, options);
    await press("Control+a");
    await page.keyboard.type(text);
  };
  /** Chooses an option of a list that opens. */
  const choose = async (wanted, option, options) => {
    await to(wanted, options);
    await press("ArrowDown");
    const on = page.locator("[role=option][data-combobox-selected]");
    await page.locator("[role=option]:visible").first().waitFor();
    for (let i = 0; i < 60; i++) {
      if ((await on.count()) > 0 && fits((await on.first().innerText()).trim(), option)) {
        await press("Enter");
        return;
      }
      await press("ArrowDown");
    }
    throw new Error(`by keyboard ${option} of ${wanted} is not reached`);
  };
  /** Puts a switch, a tick or a radio on. */
  const tick = async (wanted, options) => {
    await to(wanted, options);
    await press("Space");
  };
  /** Wants the focus to be where a closed form was opened from. */
  const backAt = async (wanted) => {
    await page.getByRole("dialog").first().waitFor({ state: "detached" }); // one may go after the other
    const at = await page.waitForFunction((tag) => document.activeElement !== document.body && document.activeElement?.localName !== tag, "html").then(see, see);
    if (!fits(at.name, wanted)) once(`the focus went to "${at.name || "nothing"}" and not back to "${wanted}"`);
  };
  return { press, to, act, opened, write, choose, tick, backAt, type: (text) => page.keyboard.type(text) };
}

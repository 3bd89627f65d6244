// axe-core on a page that is open.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The serious and critical violations of the page as it stands, one line each. */
export async function violations(page) {
  // Evaluated by the driver, so that the page's content security policy need not allow it.
  await page.evaluate(source);
  const found = await page.evaluate(async () => {
    const result = await window.axe.run(document, { resultTypes: ["violations"] });
    return result.violations.map((v) => ({ id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.map((n) => n.html.slice(0, 160) + (n.any[0]?.message ? ` [${n.any[0].message}]` : "")) }));
  });
  return found
    .filter((v) => v.impact === "serious" || v.impact === "critical")
    .map((v) => `${v.impact} ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).join(" | ")}`);
}

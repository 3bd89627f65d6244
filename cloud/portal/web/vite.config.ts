import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { convertCssVariables, DEFAULT_THEME, defaultCssVariablesResolver, mergeMantineTheme } from "@mantine/core";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { theme } from "./src/theme";

// `npm run dev` talks to a running cloud; `npm run build` writes what the cloud embeds.
const cloud = process.env.VESTIBULE_URL ?? "http://127.0.0.1:8080";
let dist = "";

export default defineConfig({
  plugins: [
    react(),
    {
      // The folder holds a tracked placeholder, so only the hashed files of the build before are taken away.
      name: "drop-old-assets",
      apply: "build",
      configResolved: (config) => {
        dist = resolve(config.root, config.build.outDir);
      },
      buildStart: () => rmSync(join(dist, "assets"), { recursive: true, force: true }),
    },
    {
      // The variables of the theme stand in the stylesheet and not in a style element: the pages' security policy allows files alone.
      name: "theme-variables",
      enforce: "pre",
      transform: (code, id) => (id.endsWith("/src/theme.css") ? `${variables()}\n${code}` : undefined),
    },
  ],
  build: { outDir: "../dist", emptyOutDir: false, target: "es2022", assetsInlineLimit: 0 },
  server: { host: "127.0.0.1", proxy: { "/api": { target: cloud, changeOrigin: true } } },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});

function variables(): string {
  return convertCssVariables(defaultCssVariablesResolver(mergeMantineTheme(DEFAULT_THEME, theme)), ":root");
}

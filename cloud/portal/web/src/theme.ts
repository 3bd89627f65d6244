import { createTheme, defaultVariantColorsResolver, type MantineColorsTuple } from "@mantine/core";
import { t } from "./text/t";

// Colour by meaning: teal is the primary act and our mark; green online or done; amber wants a hand; red failed or destructive;
// grey off or unknown; violet somebody else is looking. Every pair of ink and ground reaches 4.5:1 in both themes.
const teal: MantineColorsTuple = ["#effcf9", "#d5f6ee", "#abecdd", "#74dcc8", "#41c5b0", "#1fa897", "#12897c", "#0f766e", "#115e59", "#134e4a"];
const red: MantineColorsTuple = ["#fef3f2", "#fee4e2", "#fecdca", "#fda29b", "#fb8077", "#e5484d", "#cf2f35", "#b42318", "#912018", "#7a271a"];
const gray: MantineColorsTuple = ["#f8f9f9", "#f1f3f3", "#e4e7e7", "#d2d6d7", "#a9b0b2", "#7d8587", "#5d6567", "#474f51", "#2d3335", "#191d1f"];
const dark: MantineColorsTuple = ["#dfe3e4", "#b4bbbd", "#98a1a4", "#5f686b", "#394144", "#2b3235", "#1f2527", "#171b1d", "#111415", "#0c0e0f"];

export const theme = createTheme({
  colors: { teal, red, gray, dark },
  primaryColor: "teal",
  primaryShade: { light: 7, dark: 4 },
  // The ink on a filled button follows the theme: white on deep colours, near black on the light ones of the dark theme.
  variantColorResolver: (input) => {
    const colours = defaultVariantColorsResolver(input);
    return input.variant === "filled" ? { ...colours, color: "var(--v-on-filled)" } : colours;
  },
  white: "#ffffff",
  black: "#171b1d",
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', Menlo, monospace",
  fontSizes: { xs: "0.8125rem", sm: "0.875rem", md: "0.875rem", lg: "1rem", xl: "1.25rem" },
  headings: {
    fontWeight: "620",
    sizes: {
      h1: { fontSize: "1.375rem", lineHeight: "1.3" },
      h2: { fontSize: "1rem", lineHeight: "1.4" },
      h3: { fontSize: "0.875rem", lineHeight: "1.45" },
    },
  },
  defaultRadius: "md",
  radius: { xs: "4px", sm: "6px", md: "8px", lg: "8px", xl: "16px" },
  shadows: { xs: "none", sm: "var(--v-shadow)", md: "var(--v-shadow)", lg: "var(--v-shadow)", xl: "var(--v-shadow)" },
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: "sm" } },
    TextInput: { defaultProps: { size: "sm" } },
    // No scroll lock: the page scrolls inside its own frame, and the lock would need a style element that the security policy forbids.
    Modal: { defaultProps: { lockScroll: false, centered: true, transitionProps: { duration: 120 }, overlayProps: { backgroundOpacity: 0.4 } } },
    Drawer: { defaultProps: { lockScroll: false, position: "right", size: 480, transitionProps: { duration: 140 }, overlayProps: { backgroundOpacity: 0.4 } } },
    // Asked for when it is shown: the language may have changed since the start.
    Notification: { defaultProps: () => ({ closeButtonProps: { "aria-label": t("act.close") } }) },
    // Without the placeholder, which axe takes for a child that a menu may not have, the first entry gets the focus.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false, transitionProps: { duration: 100 }, shadow: "sm" } },
    Select: { defaultProps: { allowDeselect: false, comboboxProps: { shadow: "sm" } } },
    Tooltip: { defaultProps: { transitionProps: { duration: 100 }, openDelay: 250 } },
  },
});

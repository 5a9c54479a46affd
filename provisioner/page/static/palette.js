// The terminal's colours, for a light and for a dark page.
// @ts-check

const DARK = {
  background: "#14171c",
  foreground: "#d8dde4",
  cursor: "#e6edf3",
  cursorAccent: "#14171c",
  selectionBackground: "#3b5375",
  black: "#2b3038",
  red: "#f28779",
  green: "#8fcf7f",
  yellow: "#e6c07b",
  blue: "#7fb3f5",
  magenta: "#d2a6ff",
  cyan: "#6fd0c8",
  white: "#d8dde4",
  brightBlack: "#8b95a3",
  brightRed: "#ffa198",
  brightGreen: "#aee69f",
  brightYellow: "#f5d898",
  brightBlue: "#a5cbff",
  brightMagenta: "#e2c5ff",
  brightCyan: "#9be8e0",
  brightWhite: "#ffffff",
};

const LIGHT = {
  background: "#fbfaf7",
  foreground: "#24292f",
  cursor: "#24292f",
  cursorAccent: "#fbfaf7",
  selectionBackground: "#bcd3f2",
  black: "#24292f",
  red: "#b3261e",
  green: "#1a6b2d",
  yellow: "#7a5300",
  blue: "#1557b0",
  magenta: "#7a3aa8",
  cyan: "#0b6670",
  white: "#5c6670",
  brightBlack: "#5c6670",
  brightRed: "#c4302b",
  brightGreen: "#22783a",
  brightYellow: "#8a6100",
  brightBlue: "#2066c4",
  brightMagenta: "#8a48ba",
  brightCyan: "#127380",
  brightWhite: "#24292f",
};

const prefersDark = matchMedia("(prefers-color-scheme: dark)");

/** @param {(palette: Record<string, string>) => void} apply called now, and whenever the system changes */
export function followSystem(apply) {
  const choose = () => apply(prefersDark.matches ? DARK : LIGHT);
  prefersDark.addEventListener("change", choose);
  choose();
}

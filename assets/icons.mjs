// Builds static/icons.svg, the sprite of the icons named in assets/icons.txt and of the product's own mark.
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const folder = new URL("../node_modules/lucide-static/icons/", import.meta.url);
const names = readFileSync(new URL("icons.txt", import.meta.url), "utf8").split(/\s+/).filter(Boolean);
const missing = names.filter((name) => !existsSync(new URL(`${name}.svg`, folder)));
if (missing.length) throw new Error(`lucide has no icon named: ${missing.join(", ")}`);

const symbol = (name) => {
  const drawn = readFileSync(new URL(`${name}.svg`, folder), "utf8");
  const shapes = drawn.replace(/<!--.*?-->/gs, "").match(/<svg[^>]*>(.*)<\/svg>/s)[1].replace(/\s*\n\s*/g, "");
  return `<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`;
};
const mark = '<symbol id="keyhole" viewBox="0 0 24 24"><path d="M12 4.6a4.9 4.9 0 0 0-2.5 9.1l-.9 4.4c-.1.7.4 1.3 1.1 1.3h4.6c.7 0 1.2-.6 1.1-1.3l-.9-4.4A4.9 4.9 0 0 0 12 4.6Z"/></symbol>';

writeFileSync(
  new URL("../static/icons.svg", import.meta.url),
  `<svg xmlns="http://www.w3.org/2000/svg">\n${[...new Set(names)].sort().map(symbol).join("\n")}\n${mark}\n</svg>\n`,
);

// Copies the fonts and htmx, with their licences, from node_modules into static.
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";

const from = (path) => new URL(`../node_modules/${path}`, import.meta.url);
const to = (path) => new URL(`../static/${path}`, import.meta.url);

for (const subset of ["latin", "latin-ext"]) {
  copyFileSync(from(`@fontsource-variable/inter/files/inter-${subset}-opsz-normal.woff2`), to(`fonts/inter-${subset}-opsz-normal.woff2`));
  copyFileSync(from(`@fontsource-variable/jetbrains-mono/files/jetbrains-mono-${subset}-wght-normal.woff2`), to(`fonts/jetbrains-mono-${subset}-wght-normal.woff2`));
}
copyFileSync(from("@fontsource-variable/inter/LICENSE"), to("fonts/inter-LICENSE.txt"));
copyFileSync(from("@fontsource-variable/jetbrains-mono/LICENSE"), to("fonts/jetbrains-mono-LICENSE.txt"));
copyFileSync(from("htmx.org/LICENSE"), to("vendor/htmx-LICENSE.txt"));
copyFileSync(from("lucide-static/LICENSE"), to("vendor/lucide-LICENSE.txt"));

const htmx = readFileSync(from("htmx.org/dist/htmx.min.js"), "utf8").replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "\n");
const { version } = JSON.parse(readFileSync(from("htmx.org/package.json"), "utf8"));
writeFileSync(to("vendor/htmx.min.js"), `/* htmx ${version}, see htmx-LICENSE.txt */\n${htmx}`);

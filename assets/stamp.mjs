// Ends the built stylesheet with a digest of its sources, by which a test sees that it is not stale.
import { createHash } from "node:crypto";
import { appendFileSync, readdirSync, readFileSync } from "node:fs";

const folder = new URL("./", import.meta.url);
const sources = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".css")).sort();
const digest = createHash("sha256");
for (const name of sources) digest.update(readFileSync(new URL(name, folder)));
appendFileSync(new URL("../static/css/seneschal.css", folder), `/* sources ${digest.digest("hex").slice(0, 16)} */\n`);

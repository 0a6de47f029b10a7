// Makes a component: node build.mjs WIT WORLD FOLDER ENTRY OUT

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { componentize } from "componentize-qjs";

const [witPath, world, moduleRoot, entry, out] = process.argv.slice(2);
const jsPath = join(moduleRoot, entry);
try {
  const { component } = await componentize({
    witPath,
    world,
    moduleRoot,
    jsPath,
    jsSource: readFileSync(jsPath, "utf8"),
    // The host runs one call after the other in an instance, and knows no asynchronous functions.
    sync: true,
  });
  writeFileSync(out, component);
} catch (error) {
  console.error(error.message ?? error);
  process.exitCode = 1;
}

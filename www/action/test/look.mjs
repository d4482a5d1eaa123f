// Pictures of the comments in golden/, as GitHub would show them: `node action/test/look.mjs FOLDER [NAME…]` writes
// NAME-light-wide.png, -dark-wide.png, -light-phone.png and -dark-phone.png there.

import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";
import { chromium } from "playwright-core";

const [folder, ...names] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write("node action/test/look.mjs FOLDER [NAME…]\n");
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
const golden = "action/test/golden";
const css = readFileSync("node_modules/github-markdown-css/github-markdown.css", "utf8");
const executablePath = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].find((path) => path !== undefined && existsSync(path));
const browser = await chromium.launch({ executablePath, args: ["--headless", "--no-sandbox", "--disable-gpu"] });
for (const name of names.length > 0 ? names : readdirSync(golden).map((file) => file.replace(/\.md$/, ""))) {
  const html = micromark(readFileSync(join(golden, `${name}.md`), "utf8"), {
    allowDangerousHtml: true,
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
  });
  for (const [colorScheme, ground] of [
    ["light", "#ffffff"],
    ["dark", "#0d1117"],
  ]) {
    for (const [size, width] of [
      ["wide", 900],
      ["phone", 390],
    ]) {
      const page = await browser.newPage({ colorScheme, viewport: { width, height: 300 } });
      const style = `${css} body { margin: 0; padding: 14px; background: ${ground}; }`;
      await page.setContent(
        `<!doctype html><meta charset="utf-8"><style>${style}</style><body class="markdown-body">${html}`,
      );
      await page.screenshot({ path: join(folder, `${name}-${colorScheme}-${size}.png`), fullPage: true });
      await page.close();
    }
  }
}
await browser.close();

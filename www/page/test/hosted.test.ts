/** The page from a web server: it can be installed, opens without a network, and asks for nothing but itself. */

import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { FAKE_ENGINE, toReport, violations, withPage } from "./browser.ts";

const site = withPage(FAKE_ENGINE);

interface Build {
  buildPage(options: object): Promise<string>;
  siteFiles(index: string): Record<string, string>;
}

const TYPES: Record<string, string> = {
  js: "text/javascript",
  svg: "image/svg+xml",
  webmanifest: "application/manifest+json",
};

test("the hosted page opens without a network after the first visit", async () => {
  const { buildPage, siteFiles } = (await import(pathToFileURL(join(process.cwd(), "page/build.mjs")).href)) as Build;
  const index = await buildPage({ ...FAKE_ENGINE, hosted: true });
  const files: Record<string, string> = { "": index, ...siteFiles(index) };
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const name = (request.url ?? "/").slice(1);
    asked.push(name);
    const body = files[name];
    const type = TYPES[name.split(".").at(-1) ?? ""] ?? "text/html; charset=utf-8";
    response.writeHead(body === undefined ? 404 : 200, { "content-type": type }).end(body);
  });
  const url = await listen(server);
  const { page, errors } = await site.open({ url });
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
  await toReport(page);
  assert.deepEqual(await violations(page), []);
  const known = new Set(Object.keys(files).concat("offline.js"));
  assert.deepEqual(
    asked.filter((name) => !known.has(name)),
    [],
  );
  server.close();
  server.closeAllConnections();
  await page.reload();
  await toReport(page);
  assert.match((await page.locator("h1").textContent()) ?? "", /480 connections/);
  assert.deepEqual(errors, []);
});

test("the page has a title, landmarks, one heading of the first level, and does not move while it loads", async () => {
  const { page } = await site.open();
  const moved = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let sum = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) sum += (entry as PerformanceEntry & { value: number }).value;
        }).observe({ type: "layout-shift", buffered: true });
        setTimeout(() => resolve(sum), 500);
      }),
  );
  assert.equal(moved, 0);
  assert.equal(await page.title(), "Plimsoll");
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  for (const landmark of ["banner", "main", "contentinfo"] as const)
    assert.equal(await page.getByRole(landmark).count(), 1);
  assert.equal(await page.locator("h1").count(), 1);
  await toReport(page);
  assert.equal(await page.locator("h1").count(), 1);
  assert.equal(await page.getByRole("navigation", { name: "Parts of the report" }).count(), 1);
});

function listen(server: Server): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`));
  });
}

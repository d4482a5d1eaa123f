/**
 * Hostile file names, keys, values and words of people, read by a real Markdown parser: nothing of them becomes a
 * mention, link, image, tag, heading, list or table cell, whatever is cut.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, describe, it } from "node:test";
import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";
import { type Engine, loadEngine, type Review } from "../../engine/engine.ts";
import { plainText } from "../conversation.ts";
import { code } from "../gate/inert.ts";

const OURS = ["https://github.com/plimsoll-review/plimsoll/", "https://github.test/"];

/** What an author might try; each piece has the word `EVIL` in what must stay text. */
const PIECES = [
  "@EVIL",
  "@org/EVIL",
  "#12EVIL",
  "GH-12",
  "org/repo#12",
  "https://EVIL.example",
  "www.EVIL.example",
  "mailto:a@EVIL.example",
  "[EVIL](https://EVIL.example)",
  "![EVIL](https://EVIL.example/x.png)",
  "[EVIL][1]\n\n[1]: https://EVIL.example",
  "<img src=x onerror=EVIL>",
  "<script>EVIL</script>",
  "<!-- plimsoll:check 1 2 -->",
  "<!-- EVIL",
  "-->",
  "</details></summary></td>",
  "<https://EVIL.example>",
  "```EVIL\n",
  "~~~EVIL\n",
  "`EVIL",
  "``EVIL`` `",
  "| EVIL | EVIL |\n|--|--|",
  "\r\n\r\n# EVIL\r\n",
  "\n- [x] EVIL",
  "\n1. EVIL",
  "\n> EVIL",
  "**EVIL** __EVIL__ *EVIL*",
  "~~EVIL~~",
  "\\",
  "\\`\\[\\]\\(",
  "&lt;b&gt;EVIL&#64;EVIL&#x5b;",
  "$EVIL$ $$EVIL$$ $`EVIL`$",
  "\u202eEVIL\u202c",
  "a\u200bEVIL\u2060\ufeff",
  "😀".repeat(40),
  "[^1] [^1]: EVIL",
  "::error::EVIL",
  "%0A::add-mask::EVIL",
  "\u0000\u0007\u001b[31mEVIL",
  ":EVIL: {EVIL} {{EVIL}} $\u{7b}{ EVIL }}",
];

/** The same numbers on every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe("hostile content", () => {
  let engine: Engine;
  before(async () => {
    engine = await loadEngine(readFileSync("engine/pkg/plimsoll_wasm_bg.wasm"));
  });

  const text = (next: () => number) => {
    const pick = () => PIECES[Math.floor(next() * PIECES.length)] ?? "";
    return Array.from({ length: 1 + Math.floor(next() * 3) }, pick).join(next() < 0.5 ? "" : " ");
  };

  /** A change with findings whose every word comes from the author. */
  const review = (next: () => number): Review => {
    const request = engine.request();
    const quoted = (value: string) => JSON.stringify(value);
    const words = { name: text(next), key: text(next), host: text(next), database: text(next) };
    const file = (pool: number, host: string, tls: string) =>
      JSON.stringify({
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: words.name, namespace: words.key },
        spec: {
          replicas: 90,
          template: {
            spec: {
              containers: [
                {
                  name: words.name,
                  image: "a:1",
                  env: [
                    { name: "DATABASE_URL", value: `postgres://app@${host}:5432/${words.database}?sslmode=${tls}` },
                    { name: "SPRING_DATASOURCE_URL", value: `jdbc:postgresql://${host}:5432/${words.database}` },
                    { name: "SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE", value: String(pool) },
                    { name: `X_${words.key}_URL`, value: quoted(words.host) },
                  ],
                },
              ],
            },
          },
        },
      });
    const path = `prod/${text(next).replaceAll("\u0000", "")}.json`;
    request.options({ today: "2026-01-01" });
    request.add("old", path, Buffer.from(file(5, "orders-db.prod", "verify-full")));
    request.add("new", path, Buffer.from(file(50, `ordres-db.prod${next() < 0.5 ? words.host : ""}`, "disable")));
    request.skip("new", `x/${text(next)}.yaml`, "larger than 1 MiB");
    return request.run();
  };

  it("stays text in the comment, at every size", () => {
    let found = 0;
    for (let seed = 1; seed <= 40; seed += 1) {
      const next = random(seed);
      const reviewed = review(next);
      const report = reviewed.report();
      found += report.findings.length;
      const links = {
        new: "https://github.test/harbour/fleet/blob/n/",
        old: "https://github.test/harbour/fleet/blob/o/",
      };
      const said = {
        report,
        head: "a".repeat(40),
        markdown: (options: object) => reviewed.render("markdown", { links, ...options }),
      };
      const earlier = `<!-- plimsoll:default -->\n<!-- plimsoll:state ${JSON.stringify({ v: 1, head: "b", findings: [["1", text(next).replace(/-->|[\r\n]/g, ""), text(next).replace(/-->|[\r\n]/g, "")]], fixed: [], ticks: [] })} -->\n`;
      for (const bytes of [60_000, 4000, 1500 + seed * 7]) {
        const body = plainText(said, seed % 2 ? earlier : null).write(bytes);
        assert.ok(Buffer.byteLength(body) <= Math.max(bytes, 700), `${seed}: ${Buffer.byteLength(body)} over ${bytes}`);
        assert.ok(!body.includes("\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd"), "no character was cut apart");
        inert(body, `seed ${seed}, ${bytes} bytes`);
      }
    }
    assert.ok(found > 60, `${found} findings are too few to prove anything`);
  });

  it("stays text where people are quoted", () => {
    for (let seed = 1; seed <= 500; seed += 1) {
      const body = `- [ ] item <sub>does not apply: ${code(text(random(seed)))}; by ${code(text(random(seed + 1)))}</sub>`;
      inert(body, `seed ${seed}`);
      assert.equal(body.split("\n").length, 1);
    }
  });

  it("writes nothing that starts a command of the runner", () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      for (const line of review(random(seed)).render("github").split("\n").filter(Boolean)) {
        assert.match(line, /^::(?:error|warning|notice) /);
        assert.doesNotMatch(line, /\p{Cc}/u);
      }
    }
  });
});

/** Looks at the comment as GitHub would parse it. Tags are only ours, addresses too, and no text can become a mention. */
function inert(markdown: string, where: string): void {
  const html = micromark(markdown, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] });
  const withoutState = html.replace(/<!-- plimsoll:(?:state .*?|default|check [\w:-]+(?: [0-9a-f]+)?) -->/g, "");
  const tags = [...withoutState.matchAll(/<\/?([a-zA-Z!][\w!-]*)([^>]*)>/g)];
  const allowed = new Set(
    "h2 p strong em del br wbr table thead tbody tr th td sub a code details summary ul li input section".split(" "),
  );
  for (const [tag, name = "", attributes = ""] of tags) {
    assert.ok(allowed.has(name.toLowerCase()), `${where}: ${tag} in\n${markdown}`);
    assert.doesNotMatch(attributes, /\bon\w+=|javascript:/i, `${where}: ${tag}`);
    const address = /href="([^"]*)"/.exec(attributes)?.[1];
    if (address !== undefined)
      assert.ok(
        OURS.some((ours) => address.startsWith(ours)),
        `${where}: ${tag}`,
      );
  }
  // What GitHub looks at for mentions, issues and addresses: text outside of code.
  const prose = withoutState.replace(/<code>[\s\S]*?<\/code>/g, "").replace(/<[^>]*>/g, " ");
  const plain = prose
    .replace(/&#x?([0-9a-f]+);/gi, (_, n: string) =>
      String.fromCodePoint(Number.parseInt(n, /^[0-9]+$/.test(n) ? 10 : 16)),
    )
    .replaceAll("&amp;", "&");
  for (const bad of [/(?:^|[^\w`])@[\w-]/, /(?:^|[^\w&])#\d/, /\bgh-\d/i, /:\/\/\w/, /\bwww\.\w/i]) {
    assert.doesNotMatch(plain, bad, `${where}:\n${markdown}`);
  }
  assert.doesNotMatch(plain.replace(/[\n\t]/g, ""), /[\u202a-\u202e\u2066-\u2069\u2060\ufeff]|\p{Cc}/u, where);
}

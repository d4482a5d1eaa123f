/** What the step tells the runner cannot be mistaken for something else. */

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { annotate, appendSummary, mask, printText, setOutputs } from "../commands.ts";

const MEBIBYTE = 1024 * 1024;

describe("the commands", () => {
  const root = mkdtempSync(join(tmpdir(), "plimsoll-commands-"));
  after(() => rmSync(root, { recursive: true }));
  const file = (text = "") => {
    const path = join(mkdtempSync(join(root, "file-")), "it");
    writeFileSync(path, text);
    return path;
  };
  /** What the call prints. */
  const printed = (call: () => void): string => {
    const write = process.stdout.write;
    const lines: string[] = [];
    process.stdout.write = (chunk: string | Uint8Array) => lines.push(String(chunk)) > 0;
    try {
      call();
    } finally {
      process.stdout.write = write;
    }
    return lines.join("");
  };

  it("keep a sentence on one line", () => {
    assert.equal(
      printed(() => annotate("error", "100 %\r\n::warning::gotcha")),
      "::error title=Plimsoll::100 %25%0D%0A::warning::gotcha\n",
    );
  });

  it("have a secret blotted out, unless it is too short to be one", () => {
    assert.equal(
      printed(() => mask("hush%hush")),
      "::add-mask::hush%25hush\n",
    );
    assert.equal(
      printed(() => mask("")),
      "",
    );
  });

  it("switch commands off around text, with a word nobody can know", () => {
    const first = printed(() => printText("::error::gotcha\n"));
    const [, token = ""] = /^::stop-commands::([0-9a-f-]{36})\n/.exec(first) ?? [];
    assert.equal(first, `::stop-commands::${token}\n::error::gotcha\n::${token}::\n`);
    assert.notEqual(
      printed(() => printText("::error::gotcha\n")),
      first,
    );
  });

  it("let no output end its own entry", async () => {
    const path = file();
    const value = "high\nEOF\nscore<<EOF\n0";
    const rest = {
      counts: "",
      gate: "",
      "blocked-by": "",
      level: "",
      findings: "",
      "report-json": "",
      "report-markdown": "",
      "report-sarif": "",
    };
    await setOutputs({ GITHUB_OUTPUT: path }, { score: value, ...rest, "comment-url": "" });
    const text = readFileSync(path, "utf8");
    const [, delimiter = ""] = /^score<<(plimsoll-[0-9a-f-]{36})\n/.exec(text) ?? [];
    assert.ok(text.startsWith(`score<<${delimiter}\n${value}\n${delimiter}\ncounts<<`));
    assert.equal(text.match(/<<plimsoll-/g)?.length, 10);
    await setOutputs({}, { score: value, ...rest, "comment-url": "" });
  });

  it("append to the summary what there is room for", async () => {
    const path = file("before\n");
    let room = 0;
    await appendSummary({ GITHUB_STEP_SUMMARY: path }, (maxBytes) => {
      room = maxBytes;
      return "x".repeat(maxBytes);
    });
    assert.ok(room > MEBIBYTE - 20 && room < MEBIBYTE);
    assert.ok(readFileSync(path).length <= MEBIBYTE);
  });

  it("leave a full summary alone and say where the report is", async () => {
    const path = file("x".repeat(MEBIBYTE));
    const lines: string[] = [];
    const write = process.stdout.write;
    process.stdout.write = (chunk: string | Uint8Array) => lines.push(String(chunk)) > 0;
    await appendSummary({ GITHUB_STEP_SUMMARY: path }, () => "report").finally(() => {
      process.stdout.write = write;
    });
    assert.match(lines.join(""), /::warning .*report-markdown/);
    assert.equal(readFileSync(path).length, MEBIBYTE);
  });
});

/**
 * Stands in for the wasm package where a test needs a state that the real engine cannot be brought into: a panic, a
 * review without an end, a report with everything in it. What the files hold chooses. Never part of the shipped page.
 */

import { calm, rules as canned, diff, report } from "./canned.ts";

export default async function init(): Promise<void> {}

export class Request {
  private texts: string[] = [];
  private turned: string[] = [];

  free(): void {}

  add(_side: "old" | "new", _path: string, bytes: Uint8Array): void {
    this.texts.push(new TextDecoder().decode(bytes));
  }

  skip(): void {}

  note(): void {}

  patch(_name: string, text: string): boolean {
    this.texts.push(text);
    return text.includes("@@");
  }

  options(json: string): void {
    const { config, whatIf } = JSON.parse(json) as { config: string | null; whatIf?: string[] };
    this.turned = whatIf ?? [];
    if (config?.includes("treshold")) {
      throw new Error('plimsoll.toml:3:1: unknown key "treshold"; did you mean "threshold"?');
    }
  }

  run(): Review {
    const text = this.texts.join("\n");
    if (text.includes("please panic")) throw new WebAssembly.RuntimeError("unreachable");
    if (text.includes("take long")) wait(20_000);
    return new Review(text.includes("be calm"), this.turned);
  }
}

export class Review {
  constructor(
    private readonly quiet: boolean,
    private readonly turned: readonly string[],
  ) {}

  free(): void {}

  render(format: string): string {
    if (format === "json" && this.turned.length > 0) return JSON.stringify(turned(this.turned));
    if (format === "json") return JSON.stringify(this.quiet ? calm : report);
    if (format === "diff") return JSON.stringify(this.quiet ? { files: [] } : diff);
    return `# ${format}`;
  }

  failed(): boolean {
    return !this.quiet;
  }
}

export function rules(): string {
  return JSON.stringify(canned);
}

/** What `whatIf` can turn. */
export function knobs(): string {
  return JSON.stringify(["replicas", "pool", "processes", "limit"]);
}

/** A report that says what it was asked. */
function turned(turns: readonly string[]): unknown {
  const [first, ...rest] = report.budget;
  return {
    ...report,
    score: 7,
    level: "low",
    summary: turns.join("; "),
    budget: [{ ...first, verdict: "fits" }, ...rest],
  };
}

export function version(): string {
  return report.tool.version;
}

/** Keeps the worker busy, as a heavy review does; it ends even if nobody cancels. */
function wait(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

/**
 * What the wasm package exports. Declared by hand so that types can be checked before the package is built; the
 * end-to-end tests hold this against the real one.
 */
declare module "#wasm" {
  export class Request {
    constructor();
    free(): void;
    add(side: "old" | "new", path: string, bytes: Uint8Array): void;
    skip(side: "old" | "new", path: string, reason: string): void;
    note(about: string, text: string): void;
    patch(name: string, text: string): boolean;
    options(json: string): void;
    policy(): string;
    run(): Review;
  }

  export class Review {
    private constructor();
    free(): void;
    render(format: string, optionsJson: string): string;
    checks(): string;
    failed(failOn: string): boolean;
  }

  export function rules(): string;
  export function version(): string;

  export default function init(options: {
    module_or_path: URL | RequestInfo | BufferSource | WebAssembly.Module;
  }): Promise<unknown>;
}

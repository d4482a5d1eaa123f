/** What build.mjs puts into the bundles. */

declare module "virtual:engine" {
  /** The wasm file, gzipped, in base64. */
  const packed: string;
  export default packed;
}

declare module "virtual:worker" {
  /** The script of the worker. */
  const script: string;
  export default script;
}

declare module "virtual:examples" {
  interface ExampleFile {
    path: string;
    text: string;
  }
  interface Example {
    /** Folder name: `pool-flood`. */
    name: string;
    /** What goes wrong in it, as a headline and as a sentence. */
    title: string;
    why: string;
    before: ExampleFile[];
    after: ExampleFile[];
  }
  const examples: Example[];
  export default examples;
}

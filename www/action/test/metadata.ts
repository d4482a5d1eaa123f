/** The blocks of `action.yml` that repeat what the code says. */

import { INPUTS, OUTPUTS } from "../inputs.ts";

/** `inputs:` and `outputs:` as they have to stand in `action.yml`. */
export function metadata(): string {
  const inputs = Object.entries(INPUTS).map(
    ([name, input]) =>
      `  ${name}:\n    description: ${quote(input.description)}\n    required: false\n    default: ${quote(input.default)}\n`,
  );
  const outputs = Object.entries(OUTPUTS).map(
    ([name, output]) => `  ${name}:\n    description: ${quote(output.description)}\n`,
  );
  return `inputs:\n${inputs.join("")}\noutputs:\n${outputs.join("")}`;
}

/** A JSON string is a double-quoted YAML scalar too. */
function quote(text: string): string {
  return JSON.stringify(text);
}

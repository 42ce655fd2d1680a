/** What `deploy` brings along: the template, what its parts cost, and the code of its functions. */
import { readdirSync, readFileSync } from 'node:fs';
import type { StackModel, StackParts } from './parts.js';

export interface Assets {
  /** YAML, for people. */
  readonly template: string;
  readonly model: StackModel;
  /** The zip of each function, by its name: `process-orders`. */
  readonly functions: ReadonlyMap<string, Uint8Array>;
}

/** Reads them where the build puts them. `parts` are those of the stages. */
export function readAssets(directory: URL, parts: readonly StackParts[]): Assets {
  const read = (name: string) => readFileSync(new URL(name, directory));
  const zips = readdirSync(directory).filter((name) => name.endsWith('.zip'));
  return {
    template: read('template.yaml').toString(),
    model: readModel(directory, parts),
    functions: new Map(zips.map((name) => [name.slice(0, -'.zip'.length), read(name)])),
  };
}

/** What is known of the stack, without the code of its functions. */
export function readModel(directory: URL, parts: readonly StackParts[]): StackModel {
  const read = (name: string) => JSON.parse(readFileSync(new URL(name, directory), 'utf8'));
  return { template: read('template.json'), prices: read('prices.json'), parts };
}

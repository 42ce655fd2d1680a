/** Files of this package that `deploy` needs: the template, the price list, and the code of the functions. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Prices } from './costs.js';
import type { StackModel, StackParts } from './parts.js';

export interface Assets {
  /** YAML, for people. */
  readonly template: string;
  readonly model: StackModel;
  /** The zip of each function, by its name: `process-orders`. */
  readonly functions: ReadonlyMap<string, Uint8Array>;
}

/** Reads the files that the build wrote. `parts` are the parts of all stages. */
export function readAssets(directory: URL, parts: readonly StackParts[]): Assets {
  const read = (name: string) => readFileSync(new URL(name, directory));
  const zips = readdirSync(directory).filter((name) => name.endsWith('.zip'));
  return {
    template: read('template.yaml').toString(),
    model: readModel(directory, parts),
    functions: new Map(zips.map((name) => [name.slice(0, -'.zip'.length), read(name)])),
  };
}

/** Template, parts and prices, without the code of the functions. */
export function readModel(directory: URL, parts: readonly StackParts[]): StackModel {
  return { template: readJson('template.json', directory), prices: readPrices(directory), parts };
}

export function readPrices(directory: URL): Prices {
  return readJson('prices.json', directory);
}

function readJson<T>(name: string, directory: URL): T {
  return JSON.parse(readFileSync(new URL(name, directory), 'utf8'));
}

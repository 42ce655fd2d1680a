/** What `deploy` brings along: the template, what its parts cost, and the code of its functions. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Prices } from './costs.js';

export interface Assets {
  /** YAML */
  readonly template: string;
  readonly prices: Prices;
  /** The zip of each function, by its name: `process-orders`. */
  readonly functions: ReadonlyMap<string, Uint8Array>;
}

/** Reads them where the build puts them. */
export function readAssets(directory: URL): Assets {
  const read = (name: string) => readFileSync(new URL(name, directory));
  const zips = readdirSync(directory).filter((name) => name.endsWith('.zip'));
  return {
    template: read('template.yaml').toString(),
    prices: JSON.parse(read('prices.json').toString()),
    functions: new Map(zips.map((name) => [name.slice(0, -'.zip'.length), read(name)])),
  };
}

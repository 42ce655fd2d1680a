/** Where the files lie that the package brings along: its data, the program, and what the build makes. */

/** The place of a file by its path in the package: `data/shop.json`. The code lies one folder deep, built or not. */
export function assetOf(path: string): URL {
  return new URL(`../${path}`, import.meta.url);
}

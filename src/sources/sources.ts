/** The sources there are: a file if one is named, else the built-in shop. */
import type { OrderSource } from './order-source.js';

export interface SourceOptions {
  readonly path: string | undefined;
  readonly seed: number;
  readonly isLoop: boolean;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
}

/** May wait for the first bytes: of a pipe, as long as nobody writes. */
export async function openSource({ path, seed, isLoop, stdin, signal }: SourceOptions): Promise<OrderSource> {
  if (path !== undefined) {
    return (await import('./order-source.file.js')).openFileSource(path, { loop: isLoop, stdin, signal });
  }
  return (await import('./order-source.shop.js')).openBuiltInShop({ seed });
}

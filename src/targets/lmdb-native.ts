/**
 * Finds the native part of LMDB. The build puts it in the place of the package's own finder, which looks at the C library
 * through a process of its own and takes longer than all else a short command does.
 */
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';

/** `directory` is where the lmdb package is; only its own finder wants it. */
export default function loadNative(directory: string): unknown {
  const fromHere = createRequire(import.meta.url);
  const fromLmdb = createRequire(fromHere.resolve('lmdb'));
  const abi = `abi${process.versions.modules}`;
  for (const build of [`${abi}.glibc`, abi, 'napi.glibc', 'napi.musl', 'napi']) {
    try {
      return fromLmdb(`@lmdb/lmdb-${platform()}-${arch()}/node.${build}.node`);
    } catch {
      // Not built for this system: the next may be.
    }
  }
  return fromLmdb('node-gyp-build-optional-packages')(directory);
}

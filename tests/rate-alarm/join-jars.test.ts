import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { joinJars } from '../../src/rate-alarm/join-jars.js';

const SERVICE = 'META-INF/services/org.example.Factory';

const jarOf = (files: Record<string, string>, level: 0 | 9 = 9) =>
  Buffer.from(
    zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])), { level }),
  );

const filesOf = (jar: Uint8Array) =>
  Object.fromEntries(Object.entries(unzipSync(jar)).map(([name, bytes]) => [name, strFromU8(bytes)]));

test('has the files of all, of the first where a name is that of two, and every service', () => {
  const text = 'a class '.repeat(500);
  const jar = joinJars([
    jarOf({ 'a/Ä.class': text, 'META-INF/MANIFEST.MF': 'one', [SERVICE]: 'org.example.One' }),
    jarOf({ 'b/': '', 'b/B.class': '', 'META-INF/MANIFEST.MF': 'two', [SERVICE]: '# other\norg.example.Two\n' }, 0),
    jarOf({ 'META-INF/B.SF': 'signature', 'META-INF/B.RSA': 'signature', [SERVICE]: 'org.example.Three' }),
  ]);
  expect(filesOf(jar)).toEqual({
    'a/Ä.class': text,
    'META-INF/MANIFEST.MF': 'one',
    [SERVICE]: 'org.example.One\n# other\norg.example.Two\norg.example.Three\n',
    'b/B.class': '',
  });
  expect(jar.length).toBeLessThan(text.length);
});

test('is the same whenever the jars were made', () => {
  const made = (mtime: Date) => Buffer.from(zipSync({ 'a.txt': strToU8('a') }, { mtime }));
  expect(joinJars([made(new Date(1999, 1, 1))])).toEqual(joinJars([made(new Date(2026, 1, 1))]));
});

test.each(['', 'no jar', 'PK'.repeat(100)])('refuses %j', (text) => {
  expect(() => joinJars([Buffer.from(text)])).toThrow(new RangeError('no zip file'));
});

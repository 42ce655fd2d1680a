/** Jars from a registry of Maven's, by the user's own Maven: it knows the mirrors and the proxies of this machine. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** `joda-time:joda-time:2.8.1`: group, artifact and version. */
export type Coordinates = `${string}:${string}:${string}`;

/** `joda-time:joda-time:2.8.1`: joda-time-2.8.1.jar */
export function jarFileOf(coordinates: Coordinates): string {
  return `${coordinates.split(':').slice(1).join('-')}.jar`;
}

/**
 * Copies jars into a directory, without those that they depend on. Returns what Maven says where it can't, or undefined. Throws
 * an `ENOENT` if there is no such program.
 */
export async function copyJars(
  coordinates: readonly Coordinates[],
  { directory, mvn, signal }: { directory: string; mvn: string; signal: AbortSignal | undefined },
): Promise<string | undefined> {
  const project = join(directory, 'pom.xml');
  writeFileSync(project, projectOf(coordinates), { flag: 'wx' });
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${directory}`];
  const child = spawn(mvn, ['-q', '-B', '-f', project, ...goal], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal && { signal }),
  });
  let said = '';
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === 0) return undefined;
  const error = said.split('\n').find((line) => line.includes('ERROR')) ?? `exit code ${code}`;
  return error.replace(/^\W*ERROR\W*/, '');
}

function projectOf(coordinates: readonly Coordinates[]): string {
  const dependencies = coordinates.map((each) => {
    const [group, artifact, version] = each.split(':');
    const others = '<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>';
    return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>${others}</dependency>`;
  });
  return (
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>alakazam</groupId>' +
    `<artifactId>jars</artifactId><version>1</version><dependencies>${dependencies.join('')}</dependencies></project>`
  );
}

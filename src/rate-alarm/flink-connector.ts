/**
 * The jar with which Flink reads and writes Kinesis: the connector and the libraries that it needs at run time, joined. It is too
 * large for this package. Maven brings its parts once, or the user hands them over, and it is kept in the user's cache.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replaceFile } from '../durable-file.js';
import { AlakazamError, reasonOf } from '../errors.js';
import { notLinked } from '../no-links.js';
import { joinJars } from './join-jars.js';
import { type Coordinates, copyJars, jarFileOf } from './maven.js';

/**
 * Later connectors of Flink 1.20 do not give a table the time of arrival (https://issues.apache.org/jira/browse/FLINK-36671). Each
 * part has its SHA-256: whoever answers for the registry, this is what was tested.
 */
const PARTS: readonly (readonly [of: Coordinates, sha256: string])[] = [
  [
    'org.apache.flink:flink-connector-kinesis:4.3.0-1.19',
    '458071bc89150ebe541c19dda851f6d65c12909d42a778ba558630b6332b035b',
  ],
  ['joda-time:joda-time:2.8.1', 'b4670b95f75957c974284c5f3ada966040be2578f643c5c6083d262162061fa2'],
  ['commons-codec:commons-codec:1.15', 'b3e9f6d63a790109bf0d056611fbed1cf69055826defeb9894a71369d246ed63'],
  ['commons-io:commons-io:2.15.1', 'a58af12ee1b68cfd2ebb0c27caef164f084381a00ec81a48cc275fd7ea54e154'],
  ['commons-lang:commons-lang:2.6', '50f11b09f877c294d56f24463f47d28f929cf5044f648661c0f0cfbae9a2f49c'],
  ['commons-logging:commons-logging:1.1.3', '70903f6fc82e9908c8da9f20443f61d90f0870a312642991fe8462a0b9391784'],
  ['org.apache.commons:commons-lang3:3.12.0', 'd919d904486c037f8d193412da0c92e22a9fa24230b9d67a57855c5c31c7e94e'],
  ['com.google.guava:guava:32.1.3-jre', '6d4e2b5a118aab62e6e5e29d185a0224eed82c85c40ac3d33cf04a270c3b3744'],
  ['com.google.guava:failureaccess:1.0.1', 'a171ee4c734dd2da837e4b16be9df4661afab72a41adaf31eb84dfdaf936ca26'],
];

/** Of the parts joined. */
const JAR_SHA256 = 'ae9b956a36ccd18e9a25067d3a180a54277bf20239cffad884f3270df114b17c';
const JAR_NAME = `flink-connector-kinesis-4.3.0-1.19-${JAR_SHA256.slice(0, 12)}.jar`;

const HINT =
  'put mvn on the path, which honours the mirrors of its settings; or pass --flink-connector with a directory of ' +
  `${PARTS.map(([of]) => jarFileOf(of)).join(', ')}, or with ${JAR_NAME} from another machine's cache`;

export interface ConnectorSource {
  /** What `--flink-connector` names: the joined jar, or a directory with its parts. */
  readonly given?: string | undefined;
  /** Where the jar is kept. */
  readonly cacheDirectory: string;
  readonly signal?: AbortSignal | undefined;
  /** Maven's program. */
  readonly mvn?: string;
}

export interface FlinkConnector {
  readonly path: string;
  /** Names the content. */
  readonly name: string;
}

/** Throws an `AlakazamError` if there is neither a file nor Maven, or if what is there is something else. */
export async function flinkConnector(source: ConnectorSource): Promise<FlinkConnector> {
  const { given, cacheDirectory, signal, mvn = 'mvn' } = source;
  if (given !== undefined && isFile(given)) {
    check(given, readFileSync(given), JAR_SHA256);
    return { path: given, name: JAR_NAME };
  }
  const path = join(cacheDirectory, JAR_NAME);
  const isKept = existsSync(path) && hashOf(readFileSync(path)) === JAR_SHA256;
  if (given !== undefined || !isKept) {
    const jar = given === undefined ? await fromMaven(mvn, signal) : joinParts(given);
    mkdirSync(notLinked(cacheDirectory), { recursive: true, mode: 0o700 });
    replaceFile(path, jar);
  }
  return { path, name: JAR_NAME };
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch (cause) {
    throw new AlakazamError('usage', `--flink-connector: can't read ${path}: ${reasonOf(cause)}`, {
      ...{ hint: HINT, cause },
    });
  }
}

async function fromMaven(mvn: string, signal: AbortSignal | undefined): Promise<Buffer> {
  const needed = `the rate alarm needs ${PARTS[0]?.[0]} and ${PARTS.length - 1} libraries`;
  const directory = mkdtempSync(join(tmpdir(), 'alakazam-flink-'));
  try {
    const problem = await copyJars(
      PARTS.map(([of]) => of),
      { directory, mvn, signal },
    );
    if (problem !== undefined) throw new AlakazamError('failed', `${needed}; Maven: ${problem}`, { hint: HINT });
    return joinParts(directory);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new AlakazamError('failed', `${needed}, and there is no ${mvn} that fetches them`, { hint: HINT, cause });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function joinParts(directory: string): Buffer {
  const jars = PARTS.map(([of, sha256]) => {
    const path = join(directory, jarFileOf(of));
    if (!existsSync(path)) throw new AlakazamError('usage', `${directory} has no ${jarFileOf(of)}`, { hint: HINT });
    return check(path, readFileSync(path), sha256);
  });
  return joinJars(jars);
}

function check(path: string, content: Buffer, sha256: string): Buffer {
  const found = hashOf(content);
  if (found === sha256) return content;
  throw new AlakazamError('usage', `${path} is another file: its SHA-256 is ${found}, not ${sha256}`, { hint: HINT });
}

function hashOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The application that Managed Service for Apache Flink runs, as one zip: the program, its query and the connector's jar. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type ZipOptions, zipSync } from 'fflate';
import { assetOf } from '../assets.js';

/** What the service is told of the package, in the property group `kinesis.analytics.flink.run.options`. */
export const FLINK_RUN_OPTIONS = { python: 'main.py', jarfile: 'lib/connector.jar' } as const;

export interface FlinkApplication {
  /** Names the content: a new zip under an old key would not be noticed. */
  readonly key: string;
  readonly zip: Uint8Array;
}

/** The same bytes for the same files. `connector` is the jar. */
export function flinkApplication(connector: Uint8Array): FlinkApplication {
  const at = (level: ZipOptions['level'] & number): ZipOptions => ({ mtime: new Date(1980, 0, 2), level });
  const zip = zipSync({
    [FLINK_RUN_OPTIONS.python]: [readFileSync(assetOf('flink/main.py')), at(9)],
    'rate-alarm.sql': [readFileSync(assetOf('sql/rate-alarm.sql')), at(9)],
    // It is compressed already.
    [FLINK_RUN_OPTIONS.jarfile]: [connector, at(0)],
  });
  return { key: `rate-alarm/${createHash('sha256').update(zip).digest('hex')}.zip`, zip };
}

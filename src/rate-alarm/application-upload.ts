/** The zip of the Flink application, for a deployment that has the rate alarm. */

import { readFileSync } from 'node:fs';
import type { OptionalUpload } from '../stack/stack.js';
import { flinkApplication } from './flink-application.js';
import { flinkConnector } from './flink-connector.js';

export function applicationUpload(cacheDirectory: string): OptionalUpload {
  return {
    parameter: 'RateApplicationCodeKey',
    isWanted: (values) => values.get('WithRateAlarm') === 'yes',
    async make({ flinkConnector: given }, signal) {
      const { path } = await flinkConnector({ given, cacheDirectory, signal });
      return flinkApplication(readFileSync(path));
    },
  };
}

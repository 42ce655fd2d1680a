/** The resources of the rate alarm on AWS whose names commands need. */
import type { ResourceName } from '../stack/resource-names.js';

export const SURGE_TABLE: ResourceName = { output: 'SurgeTableName', variable: 'ALAKAZAM_SURGE_TABLE' };
/** The command that gives a stack the rate alarm. */
export const WITH_RATE_ALARM = 'alakazam deploy --with rate-alarm';

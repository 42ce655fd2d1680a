/** The resources of the warehouse on AWS whose names commands need. */
import type { ResourceName } from '../stack/resource-names.js';

export const ATHENA_WORK_GROUP: ResourceName = {
  output: 'AthenaWorkGroupName',
  variable: 'ALAKAZAM_ATHENA_WORK_GROUP',
};
export const GLUE_DATABASE: ResourceName = { output: 'GlueDatabaseName', variable: 'ALAKAZAM_GLUE_DATABASE' };

/** The resources of the warehouse on AWS whose names commands need. */
import type { ResourceName } from '../stack/resource-names.js';

export const ATHENA_WORK_GROUP: ResourceName = {
  output: 'AthenaWorkGroupName',
  variable: 'ALAKAZAM_ATHENA_WORK_GROUP',
};
export const GLUE_DATABASE: ResourceName = { output: 'GlueDatabaseName', variable: 'ALAKAZAM_GLUE_DATABASE' };
export const REDSHIFT_WORKGROUP: ResourceName = {
  output: 'RedshiftWorkgroupName',
  variable: 'ALAKAZAM_REDSHIFT_WORKGROUP',
};
export const REDSHIFT_NAMESPACE: ResourceName = {
  output: 'RedshiftNamespaceName',
  variable: 'ALAKAZAM_REDSHIFT_NAMESPACE',
};
/** RPUs with which Redshift wakes up, as the template says. */
export const REDSHIFT_BASE_RPUS = 8;
/** Database in the namespace, as the template calls it. */
export const REDSHIFT_DATABASE = 'orders';

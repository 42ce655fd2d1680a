/** The resources of the order stream on AWS whose names commands need. */
import type { ResourceName } from '../stack/resource-names.js';

export const ORDERS_STREAM: ResourceName = { output: 'OrdersStreamName', variable: 'ALAKAZAM_ORDERS_STREAM' };

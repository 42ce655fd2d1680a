/** Metrics of CloudWatch as fragments and parts name them: `IteratorAge of ProcessOrdersFunction`. */
import { typeOf } from './types.js';

const METRIC = /^(?:(\w+)\/)?([\w.]+) of (\w+)(?: by (\w+(?:, \w+)*))?$/;

export interface NamedMetric {
  readonly namespace: string;
  readonly name: string;
  /** The dimension that selects the metric, and the resource whose id (or attribute) is the value of the dimension. */
  readonly dimension: string;
  readonly resource: string;
  readonly attribute?: string;
  /** Further dimensions, whatever their values are. */
  readonly by?: readonly string[];
}

/**
 * Reads the text of a metric. The metric is in the namespace of the resource's type unless the text names another namespace:
 * `Alakazam/OrdersStored of ProcessOrdersFunction`. `typeOfResource` gives the CloudFormation type of a logical id. Throws an
 * `Error` for a text that is no metric.
 */
export function readMetric(text: string, typeOfResource: (resource: string) => string | undefined): NamedMetric {
  const [, namespace, name, resource, by] = METRIC.exec(text) ?? [];
  if (name === undefined || resource === undefined) {
    throw new Error(`${JSON.stringify(text)} is no metric; valid: IteratorAge of ProcessOrdersFunction`);
  }
  const type = typeOfResource(resource);
  if (type === undefined) throw new Error(`${JSON.stringify(text)} is of no resource of the template`);
  const { metrics } = typeOf(type);
  if (!metrics) throw new Error(`src/stack/types.ts knows no metrics of ${type}`);
  return { ...metrics, ...(namespace ? { namespace } : {}), name, resource, ...(by ? { by: by.split(', ') } : {}) };
}

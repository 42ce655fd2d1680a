/**
 * What a template can still describe, and every schema still accepts, but AWS no longer makes: linters pass it, and the
 * deployment fails.
 */
import type { Template } from './template.js';

interface Gone {
  readonly type: RegExp;
  /** A property at the top; without it the whole type is gone. */
  readonly property?: string;
  /** Values that are gone; without it the property is. */
  readonly value?: RegExp;
  readonly instead: string;
}

const GONE: readonly Gone[] = [
  // No new applications since 2025-10-15, and the old ones are deleted.
  { type: /^AWS::KinesisAnalytics::/, instead: 'AWS::KinesisAnalyticsV2::Application' },
  {
    type: /^AWS::KinesisAnalyticsV2::Application$/,
    property: 'RuntimeEnvironment',
    value: /^SQL-|^FLINK-1_(6|8|11)$/,
    instead: 'FLINK-1_20 or FLINK-2_2',
  },
  { type: /^AWS::Elasticsearch::/, instead: 'AWS::OpenSearchService::Domain' },
  {
    type: /^AWS::OpenSearchService::Domain$/,
    property: 'EngineVersion',
    value: /^Elasticsearch_/,
    instead: 'a version of OpenSearch',
  },
  {
    type: /^AWS::KinesisFirehose::DeliveryStream$/,
    property: 'ElasticsearchDestinationConfiguration',
    instead: 'AmazonopensearchserviceDestinationConfiguration',
  },
  {
    type: /^AWS::KinesisFirehose::DeliveryStream$/,
    property: 'S3DestinationConfiguration',
    instead: 'ExtendedS3DestinationConfiguration',
  },
  // https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
  {
    type: /^AWS::Lambda::(Function|LayerVersion)$/,
    property: 'Runtime',
    value:
      /^(nodejs|nodejs(4\.3|6\.10|8\.10|1\d\.x|20\.x)|python(2\.7|3\.[6-9])|java8|go1\.x|ruby(2\.\d|3\.2)|dotnet(core.+|[567])|provided)$/,
    instead: 'a runtime that AWS still keeps up, such as nodejs24.x',
  },
  { type: /^AWS::DataPipeline::/, instead: 'AWS::StepFunctions::StateMachine' },
  { type: /^AWS::AutoScaling::LaunchConfiguration$/, instead: 'AWS::EC2::LaunchTemplate' },
  { type: /^AWS::(QLDB|OpsWorks|CodeStar)::/, instead: 'something else: the service has ended' },
];

/** One sentence for each thing in the template that is gone. */
export function noLongerCreated(template: Template): string[] {
  return Object.entries(template.Resources).flatMap(([id, { Type, Properties = {} }]) =>
    GONE.filter(({ type }) => type.test(Type)).flatMap(({ property, value, instead }) => {
      if (!property) return [`${id}: ${Type} can no longer be created; use ${instead}`];
      if (!(property in Properties)) return [];
      if (!value) return [`${id}: ${property} can no longer be used; use ${instead}`];
      const gone = possibleValues(Properties[property], template).filter((text) => value.test(text));
      return gone.map((text) => `${id}: ${property} ${text} can no longer be created; use ${instead}`);
    }),
  );
}

/** What a property may come to: a parameter's default and choices, both sides of a condition. */
function possibleValues(value: unknown, template: Template): string[] {
  if (typeof value !== 'object' || value === null) return [String(value)];
  const { Ref: name, 'Fn::If': choice } = value as { Ref?: string; 'Fn::If'?: readonly unknown[] };
  if (choice) return choice.slice(1).flatMap((each) => possibleValues(each, template));
  const parameter = name === undefined ? undefined : template.Parameters?.[name];
  return [...new Set([parameter?.Default, ...(parameter?.AllowedValues ?? [])])].map(String);
}

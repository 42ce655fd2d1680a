/** The views of the template, as Athena finds them in Glue once CloudFormation has put in the name of the database. */
import { MODEL } from '../fixtures/built-stack.js';

export interface GlueView {
  readonly name: string;
  readonly originalSql: string;
  readonly catalog: string;
  readonly schema: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Name and type of each column as Glue has them. */
  readonly glueColumns: readonly (readonly [name: string, type: string])[];
  /** The text of the table in Glue, with other names for catalog and schema. */
  textIn(catalog: string, schema: string): string;
}

interface TableInput {
  readonly Name: string;
  readonly ViewOriginalText?: { readonly 'Fn::Sub': readonly [string, { readonly view: EncodedView }] };
  readonly StorageDescriptor: { readonly Columns: readonly { readonly Name: string; readonly Type: string }[] };
}

interface EncodedView {
  readonly 'Fn::Base64': { readonly 'Fn::Sub': string };
}

export function tableInput(resource: string): TableInput {
  return MODEL.template.Resources[resource]?.Properties?.['TableInput'] as TableInput;
}

export function viewOf(resource: string): GlueView {
  const { Name: name, ViewOriginalText: text, StorageDescriptor } = tableInput(resource);
  const [frame, { view }] = text?.['Fn::Sub'] ?? ['', { view: { 'Fn::Base64': { 'Fn::Sub': '{}' } } }];
  const json = JSON.parse(view['Fn::Base64']['Fn::Sub']);
  return {
    name,
    ...json,
    glueColumns: StorageDescriptor.Columns.map(({ Name, Type }) => [Name, Type] as const),
    textIn: (catalog, schema) =>
      frame.replace(/\$\{view\}/, Buffer.from(JSON.stringify({ ...json, catalog, schema })).toString('base64')),
  };
}

/**
 * A view for Athena, as a fragment writes it: readable SQL. CloudFormation has no type for views; Athena reads them from tables of
 * Glue of which the text is JSON in base64: https://docs.aws.amazon.com/athena/latest/ug/views.html, and Trino's
 * io.trino.plugin.hive.ViewReaderUtil, which reads that text.
 */

export interface AthenaView {
  /** Name in SQL: `orders`. */
  readonly name: string;
  /** The resource of its database. */
  readonly database: string;
  readonly about: string;
  /** Name and type of each column that the SQL gives, in the order of the SQL: see `HIVE_TYPES`. */
  readonly columns: Readonly<Record<string, string>>;
  /** One SELECT in the dialect of Athena. */
  readonly sql: string;
}

/** Glue has another name for some types of Athena. */
const HIVE_TYPES: Readonly<Record<string, string>> = {
  bigint: 'bigint',
  date: 'date',
  timestamp: 'timestamp',
  varchar: 'string',
};

/** The resource of a view. Throws an `Error` for a column of a type that it does not know. */
export function viewYaml(id: string, { name, database, about, columns, sql }: AthenaView): string {
  if (/\$\{/.test(sql)) throw new Error(`view ${name} has \${ in its SQL, which CloudFormation would replace`);
  const typed = Object.entries(columns).map(([column, type]) => ({ column, type, hive: hiveTypeOf(name, type) }));
  const view = {
    originalSql: sql.trim(),
    catalog: 'awsdatacatalog',
    schema: `\${${database}}`,
    columns: typed.map(({ column, type }) => ({ name: column, type })),
  };
  // CloudFormation puts in the name of the database, and encodes.
  const text = [`/* Presto View: \${view} */`, { view: { 'Fn::Base64': { 'Fn::Sub': JSON.stringify(view) } } }];
  return `${id}:
  Type: AWS::Glue::Table
  Properties:
    CatalogId: !Ref AWS::AccountId
    DatabaseName: !Ref ${database}
    TableInput:
      Name: ${name}
      Description: ${JSON.stringify(about)}
      TableType: VIRTUAL_VIEW
      Parameters: { presto_view: "true", comment: Presto View }
      ViewOriginalText: ${JSON.stringify({ 'Fn::Sub': text })}
      ViewExpandedText: /* Presto View */
      StorageDescriptor:
        SerdeInfo: {}
        Columns:
${typed.map(({ column, hive }) => `          - { Name: ${column}, Type: "${hive}" }\n`).join('')}`;
}

function hiveTypeOf(view: string, type: string): string {
  const hive = /^decimal\(\d+,\d+\)$/.test(type) ? type : HIVE_TYPES[type];
  if (hive) return hive;
  const valid = [...Object.keys(HIVE_TYPES), 'decimal(18,6)'].join(', ');
  throw new Error(`view ${view} has a column of type ${type}; valid: ${valid}`);
}

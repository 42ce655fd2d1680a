/** The dashboard of the template as SQL: what each of its visuals asks of its data set, after QuickSight's documentation. */
import type { TemplateResource } from '../../src/stack/template.js';
import { MODEL } from '../fixtures/built-stack.js';

interface Column {
  readonly ColumnName: string;
}

interface Dimension {
  readonly DateDimensionField?: { readonly FieldId: string; readonly Column: Column; readonly DateGranularity: string };
  readonly CategoricalDimensionField?: { readonly FieldId: string; readonly Column: Column };
  readonly NumericalDimensionField?: { readonly FieldId: string; readonly Column: Column };
}

interface Measure {
  readonly NumericalMeasureField: {
    readonly FieldId: string;
    readonly Column: Column;
    readonly AggregationFunction: { readonly SimpleNumericalAggregation: string };
  };
}

interface Sort {
  readonly FieldSort?: { readonly FieldId: string; readonly Direction: string };
  readonly ColumnSort?: {
    readonly SortBy: Column;
    readonly Direction: string;
    readonly AggregationFunction: {
      readonly NumericalAggregationFunction: { readonly SimpleNumericalAggregation: string };
    };
  };
}

interface Visual {
  readonly VisualId: string;
  readonly ChartConfiguration: {
    readonly FieldWells: Readonly<
      Record<
        string,
        Readonly<Record<'Category' | 'Rows' | 'Columns', readonly Dimension[] | undefined>> & {
          readonly Values: readonly Measure[];
        }
      >
    >;
    readonly SortConfiguration?: {
      readonly CategorySort?: readonly Sort[];
      readonly HeatMapRowSort?: readonly Sort[];
      readonly HeatMapColumnSort?: readonly Sort[];
      readonly CategoryItemsLimit?: { readonly ItemsLimit: number };
    };
  };
}

interface FilterGroup {
  readonly Filters: readonly [
    {
      readonly CategoryFilter: {
        readonly Column: Column;
        readonly Configuration: { readonly FilterListConfiguration: { readonly CategoryValues: readonly string[] } };
      };
    },
  ];
  readonly ScopeConfiguration: {
    readonly SelectedSheets: {
      readonly SheetVisualScopingConfigurations: readonly [{ readonly VisualIds: readonly string[] }];
    };
  };
}

interface Definition {
  readonly FilterGroups: readonly FilterGroup[];
  readonly Sheets: readonly [{ readonly Visuals: readonly Readonly<Record<string, Visual>>[] }];
}

interface PhysicalTables {
  readonly orders: {
    readonly CustomSql: {
      readonly SqlQuery: { readonly 'Fn::Sub': string };
      readonly Columns: readonly { readonly Name: string; readonly Type: string }[];
    };
  };
}

const { QuicksightDashboard, QuicksightOrders } = MODEL.template.Resources;
const properties = (resource: TemplateResource | undefined) => resource?.Properties ?? {};
export const DEFINITION = properties(QuicksightDashboard)['Definition'] as Definition;
export const DATA_SET = (properties(QuicksightOrders)['PhysicalTableMap'] as PhysicalTables).orders.CustomSql;

/** The SQL of the data set, over `orders` of the schema in which the question is asked. */
export const DATA_SET_SQL = DATA_SET.SqlQuery['Fn::Sub'].replaceAll(/"[^"]+"\.(?=orders\b)/g, '');

export const VISUALS: readonly Visual[] = DEFINITION.Sheets[0].Visuals.flatMap((each) => Object.values(each));

/** What a visual shows, in its order: its dimensions, then its values. */
export function sqlOfVisual(id: string): string {
  const { ChartConfiguration } = VISUALS.find(({ VisualId }) => VisualId === id) as Visual;
  const [wells] = Object.values(ChartConfiguration.FieldWells);
  const { Category = [], Rows = [], Columns = [], Values = [] } = wells ?? {};
  const dimensions = [...Category, ...Rows, ...Columns].map(dimensionOf);
  const measures = Values.map(({ NumericalMeasureField: { FieldId, Column, AggregationFunction } }) => ({
    id: FieldId,
    sql: `${AggregationFunction.SimpleNumericalAggregation}(${Column.ColumnName})`,
  }));
  const fields = [...dimensions, ...measures];
  const { CategorySort, HeatMapRowSort, HeatMapColumnSort, CategoryItemsLimit } =
    ChartConfiguration.SortConfiguration ?? {};
  const sorts = [CategorySort, HeatMapRowSort, HeatMapColumnSort].flatMap((some) => some ?? []).map(sortOf);
  // Dates go from left to right unless a visual says otherwise.
  const order = sorts.length > 0 ? sorts : [dimensions[0]?.sql];
  return `SELECT ${fields.map(({ sql }) => sql).join(', ')}
FROM (${DATA_SET_SQL}) AS data_set
WHERE ${conditionOf(id)}
GROUP BY ${dimensions.map(({ sql }) => sql).join(', ')}
ORDER BY ${order.join(', ')}
${CategoryItemsLimit ? `LIMIT ${CategoryItemsLimit.ItemsLimit}` : ''}`;

  function sortOf({ FieldSort, ColumnSort }: Sort): string {
    if (FieldSort) return `${fields.find((each) => each.id === FieldSort.FieldId)?.sql} ${FieldSort.Direction}`;
    const { SortBy, Direction, AggregationFunction } = ColumnSort as NonNullable<Sort['ColumnSort']>;
    const { SimpleNumericalAggregation } = AggregationFunction.NumericalAggregationFunction;
    return `${SimpleNumericalAggregation}(${SortBy.ColumnName}) ${Direction}`;
  }
}

function dimensionOf({ DateDimensionField: date, ...others }: Dimension): {
  readonly id: string;
  readonly sql: string;
} {
  if (date)
    return { id: date.FieldId, sql: `DATE_TRUNC('${date.DateGranularity.toLowerCase()}', ${date.Column.ColumnName})` };
  const [field] = Object.values(others);
  if (!field) throw new Error('a dimension of the dashboard is of a kind that this test does not know');
  return { id: field.FieldId, sql: field.Column.ColumnName };
}

function conditionOf(id: string): string {
  const conditions = DEFINITION.FilterGroups.filter(({ ScopeConfiguration }) =>
    ScopeConfiguration.SelectedSheets.SheetVisualScopingConfigurations[0].VisualIds.includes(id),
  ).map(({ Filters: [{ CategoryFilter }] }) => {
    const { CategoryValues } = CategoryFilter.Configuration.FilterListConfiguration;
    return `${CategoryFilter.Column.ColumnName} IN (${CategoryValues.map((value) => `'${value}'`).join(', ')})`;
  });
  return ['TRUE', ...conditions].join(' AND ');
}

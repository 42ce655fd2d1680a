/** The dashboard of the stack: all alarms, and the widgets that the stages declare. */
import type { Widget, WidgetMetric } from './alarms-and-widgets.js';
import { readMetric } from './metrics.js';

/** What a dashboard has to know of a resource of the template. */
export interface NamedResource {
  readonly type: string;
  /** The condition under which the stack has it. */
  readonly condition?: string | undefined;
}

export interface ShownAlarm {
  readonly id: string;
  readonly condition?: string | undefined;
}

type ResourceOf = (name: string) => NamedResource | undefined;

const COLUMNS = 24;
const ALARMS = { width: COLUMNS, height: 3 };
const METRICS = { width: 8, height: 6 };

/** `Fn::Sub` fills in `${…}`. What stands under a condition is a variable of its own, which is empty without it. */
export interface DashboardBody {
  readonly text: string;
  readonly variables: Readonly<Record<string, { readonly condition: string; readonly text: string }>>;
}

/**
 * All alarms, and beneath them the widgets in their order, three in a row, those of optional parts last.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
export function dashboardBody(
  alarms: readonly ShownAlarm[],
  widgets: readonly Widget[],
  resourceOf: ResourceOf,
): DashboardBody {
  const variables: Record<string, { condition: string; text: string }> = {};
  /** JSON of those without a condition, with commas between, and a variable for those of each condition. */
  function listed(name: string, items: readonly Conditional[], comma: string): string {
    const always = items.filter(({ condition }) => condition === undefined);
    const conditions = [...new Set(items.flatMap(({ condition }) => condition ?? []))];
    const optional = conditions.map((condition) => {
      const own = items.filter((each) => each.condition === condition);
      variables[`${condition}${name}`] = { condition, text: own.map(({ json }) => `${comma}${json}`).join('') };
      return `\${${condition}${name}}`;
    });
    return always.map(({ json }) => json).join(comma) + optional.join('');
  }
  const shownAlarms = alarms.map(({ id, condition }) => ({ condition, json: `"\${${id}.Arn}"` }));
  const frame = JSON.stringify({
    ...{ type: 'alarm', x: 0, y: 0, ...ALARMS },
    properties: { title: 'Alarms', alarms: ['ALARMS'] },
  });
  const first = frame.replace('"ALARMS"', () => listed('Alarms', shownAlarms, ','));
  const lines = [{ condition: undefined, json: `  ${first}` }, ...shownWidgets(widgets, resourceOf)];
  return { text: `{"widgets": [\n${listed('Widgets', lines, ',\n')}\n]}\n`, variables };
}

interface Conditional {
  readonly condition: string | undefined;
  readonly json: string;
}

function shownWidgets(widgets: readonly Widget[], resourceOf: ResourceOf): Conditional[] {
  const shared = new Map<string, Widget>();
  for (const widget of widgets) {
    const metrics = [...(shared.get(widget.title)?.metrics ?? []), ...widget.metrics];
    shared.set(widget.title, { ...widget, metrics });
  }
  const all = [...shared.values()].map((widget) => ({ widget, condition: conditionOf(widget, resourceOf) }));
  const inOrder = [...all.filter(({ condition }) => !condition), ...all.filter(({ condition }) => condition)];
  return inOrder.map(({ condition, widget: { title, stat, period, metrics } }, i) => {
    const shown = {
      type: 'metric',
      x: (i * METRICS.width) % COLUMNS,
      y: ALARMS.height + Math.floor((i * METRICS.width) / COLUMNS) * METRICS.height,
      ...METRICS,
      properties: {
        title,
        // biome-ignore lint/suspicious/noTemplateCurlyInString: Fn::Sub fills in the name
        region: '${AWS::Region}',
        stat,
        period,
        metrics: metrics.map((of) => widgetMetric(of, resourceOf)),
      },
    };
    return { condition, json: `  ${JSON.stringify(shown)}` };
  });
}

/** Throws an `Error` for a widget of which only a part stands under a condition. */
function conditionOf({ title, condition, metrics }: Widget, resourceOf: ResourceOf): string | undefined {
  const texts = metrics.flatMap((of) => (typeof of === 'string' ? of : (of.metric ?? [])));
  const conditions = new Set(
    texts.map((text) => resourceOf(metricOf(text, resourceOf).resource)?.condition ?? condition),
  );
  if (conditions.size <= 1) return [...conditions][0] ?? condition;
  throw new Error(`widget ${title} shows resources of several conditions; give those of each a widget of its own`);
}

const metricOf = (text: string, resourceOf: ResourceOf) => readMetric(text, (name) => resourceOf(name)?.type);

function widgetMetric(metric: string | WidgetMetric, resourceOf: ResourceOf): unknown[] {
  const { metric: text, ...options } = typeof metric === 'string' ? { metric } : metric;
  if (text === undefined) return [options];
  const { namespace, name, dimension, resource, attribute, by } = metricOf(text, resourceOf);
  if (by) throw new Error(`a widget shows one metric, and ${name} has one for each ${by.join(' and ')}`);
  const value = `\${${attribute ? `${resource}.${attribute}` : resource}}`;
  return [namespace, name, dimension, value, ...(Object.keys(options).length > 0 ? [options] : [])];
}

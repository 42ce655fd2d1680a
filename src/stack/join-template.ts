/**
 * Joins the fragments of the stages to one template of CloudFormation. The build runs it. Beside CloudFormation's sections a
 * fragment has a `Title` over its parameters in the console, `Alarms` and `Widgets` (see `alarms-and-widgets.ts`), `Views`
 * (see `athena-views.ts`), and `Variables` of the environment of another stage's functions. The build adds the tags `application`
 * and `stage`.
 */
import { type Document, isMap, isScalar, type Pair, parse, parseDocument, type Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { type Alarm, alarmIdOf, alarmYaml, metricsOf, type Widget } from './alarms-and-widgets.js';
import { type AthenaView, viewYaml } from './athena-views.js';
import { type DashboardBody, dashboardBody, type NamedResource, type ShownAlarm } from './dashboard.js';
import { readMetric } from './metrics.js';
import { CLOUDFORMATION_TAGS } from './template-yaml.js';
import { typeOf } from './types.js';

export interface Fragment {
  /** `src/order-history/stack.yaml`, for errors. */
  readonly path: string;
  /** The folder of the fragment, which is the tag `stage` of its resources. */
  readonly stage: string;
  /** YAML */
  readonly text: string;
}

export interface JoinedTemplate {
  /** YAML for people, with the comments of the fragments. */
  readonly yaml: string;
  /** The same template as JSON, without spaces. */
  readonly json: string;
}

const SECTIONS = ['Parameters', 'Conditions', 'Resources', 'Outputs'] as const;
const OWN_SECTIONS = ['Title', 'Views', 'Variables', 'Alarms', 'Widgets'];
const LINE_CHARACTERS_MAX = 120;

interface OwnSections {
  readonly Views?: Readonly<Record<string, AthenaView>>;
  readonly Alarms?: Readonly<Record<string, Alarm>>;
  readonly Widgets?: readonly Widget[];
}

type Entry = Pair<Scalar<string>, YAMLMap> & { readonly value: YAMLMap };

/** Throws an `Error` that names the file of an invalid fragment, or both files of a name that two fragments have. */
export function joinTemplate(fragments: readonly Fragment[]): JoinedTemplate {
  const read = fragments.map((fragment) => ({ ...fragment, document: readFragment(fragment) }));
  const joined = parseDocument(HEAD);
  for (const section of SECTIONS) {
    const key = joined.createNode(section) as Scalar<string>;
    key.spaceBefore = true;
    (joined.contents as YAMLMap).items.push(joined.createPair(key, new YAMLMap()));
  }
  const seen = new Map<string, string>();
  const resources = new Map<string, NamedResource>();
  const alarms: ShownAlarm[] = [];
  const widgets: Widget[] = [];

  function add(section: string, entry: Entry, path: string): void {
    const name = `${section} ${entry.key.value}`;
    if (seen.has(name)) throw new Error(`${name} is both in ${seen.get(name)} and in ${path}`);
    seen.set(name, path);
    const { items } = joined.get(section) as YAMLMap;
    entry.key.spaceBefore = section === 'Resources' && items.length > 0;
    items.push(entry);
  }

  for (const { path, stage, document } of read) {
    for (const section of SECTIONS) {
      for (const entry of entriesOf(document, section)) {
        if (section === 'Resources') {
          const type = String(entry.value.get('Type'));
          const condition = entry.value.get('Condition') as string | undefined;
          resources.set(entry.key.value, { type, condition });
          within(path, () => addTags(joined, entry, type, stage));
        }
        add(section, entry, path);
      }
    }
  }
  for (const { path, stage, document } of read) {
    const { Views, Alarms, Widgets = [] } = plain(document) as OwnSections;
    within(path, () => {
      for (const entry of entriesOf(document, 'Variables')) addVariables(joined, entry);
      for (const [id, view] of Object.entries(Views ?? {})) {
        const [entry] = (parseDocument(viewYaml(id, view)).contents as YAMLMap).items as Entry[];
        add('Resources', entry as Entry, path);
      }
      for (const [name, alarm] of Object.entries(Alarms ?? {})) {
        const typeOfResource = (resource: string) => resources.get(resource)?.type;
        const read = metricsOf(alarm).map((text) => readMetric(text, typeOfResource).resource);
        const condition = read.map((resource) => resources.get(resource)?.condition).find((each) => each !== undefined);
        const yaml = alarmYaml(name, alarm, typeOfResource, condition);
        const [entry] = (parseDocument(yaml).contents as YAMLMap).items as Entry[];
        addTags(joined, entry as Entry, 'AWS::CloudWatch::Alarm', stage);
        add('Resources', entry as Entry, path);
        alarms.push({ id: alarmIdOf(name), condition });
      }
    });
    widgets.push(...Widgets);
  }
  setDashboard(
    joined,
    dashboardBody(alarms, widgets, (resource) => resources.get(resource)),
  );
  joined.setIn(
    ['Metadata', 'AWS::CloudFormation::Interface', 'ParameterGroups'],
    joined.createNode(read.flatMap(groupOf)),
  );
  const yaml = joined.toString({ lineWidth: LINE_CHARACTERS_MAX, flowCollectionPadding: true });
  return { yaml, json: JSON.stringify(parse(yaml, { customTags: CLOUDFORMATION_TAGS })) };
}

const HEAD = `
AWSTemplateFormatVersion: "2010-09-09"
Description: >-
  Alakazam: the order pipeline. Orders go through a stream into every customer's order history and into a lake
  that is queried with SQL. Idle, it costs what the stream costs, and little besides.
Metadata:
  AWS::CloudFormation::Interface:
    ParameterGroups:
`.trimStart();

function readFragment({ path, text }: Fragment): Document {
  const document = parseDocument(text, { logLevel: 'silent' });
  if (document.errors[0]) throw new Error(`${path}: ${document.errors[0].message}`);
  if (!isMap(document.contents)) throw new Error(`${path} has no sections`);
  for (const { key } of document.contents.items) {
    const name = isScalar(key) ? String(key.value) : '';
    const valid = [...OWN_SECTIONS, ...SECTIONS];
    if (!valid.includes(name)) throw new Error(`${path} has a section ${name}; valid: ${valid.join(', ')}`);
  }
  return document;
}

function entriesOf(document: Document, section: string): Entry[] {
  const map = document.get(section);
  if (!isMap(map)) return [];
  const entries = map.items as Entry[];
  // The YAML parser attaches a comment above the first entry to the whole section.
  if (entries[0] && map.commentBefore) entries[0].key.commentBefore ??= map.commentBefore;
  return entries;
}

const plain = (document: Document): unknown => parse(document.toString(), { customTags: CLOUDFORMATION_TAGS });

function within(path: string, run: () => void): void {
  try {
    run();
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
}

function addTags(joined: Document, { value }: Entry, type: string, stage: string): void {
  const { tags, tagsForm } = typeOf(type);
  if (tags === undefined) return;
  const map = { application: 'alakazam', stage };
  const all = tagsForm === 'map' ? map : Object.entries(map).map(([Key, Value]) => ({ Key, Value }));
  if (!value.has('Properties')) value.set('Properties', joined.createNode({}));
  (value.get('Properties') as YAMLMap).set(tags, joined.createNode(all, { flow: true }));
}

function addVariables(joined: Document, { key: { value: name }, value: { items } }: Entry): void {
  const variables = joined.getIn(['Resources', name, 'Properties', 'Environment', 'Variables']);
  if (!isMap(variables)) throw new Error(`${name} is no function of the template that has variables`);
  variables.items.push(...items);
}

function setDashboard(joined: Document, { text, variables }: DashboardBody): void {
  const dashboard = joined.getIn(['Resources', 'Dashboard', 'Properties']) as YAMLMap | undefined;
  if (!dashboard) return;
  const body = joined.createNode(text) as Scalar<string>;
  body.type = 'BLOCK_LITERAL';
  const optional = Object.entries(variables).map(([name, { condition, text }]) => {
    const line = joined.createNode({ 'Fn::If': [condition, { 'Fn::Sub': text }, ''] });
    return joined.createPair(name, line);
  });
  if (optional.length === 0) {
    body.tag = '!Sub';
    dashboard.set('DashboardBody', body);
    return;
  }
  const values = new YAMLMap();
  values.items.push(...optional);
  const parts = new YAMLSeq();
  parts.tag = '!Sub';
  parts.items.push(body, values);
  dashboard.set('DashboardBody', parts);
}

/** A heading of the console, and the parameters under it. */
function groupOf({ document }: { readonly document: Document }) {
  const names = entriesOf(document, 'Parameters').map(({ key }) => key.value);
  if (names.length === 0) return [];
  return [{ Label: { default: String(document.get('Title')) }, Parameters: names }];
}

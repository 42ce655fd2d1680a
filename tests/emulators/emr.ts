/**
 * EMR, EMR Serverless and as much of S3 as a training needs, in this process: a test says what the cluster and the job run into.
 * https://docs.aws.amazon.com/emr/latest/APIReference/ https://docs.aws.amazon.com/emr-serverless/latest/APIReference/
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { emulatorEnvironment } from './environment.js';

// biome-ignore lint/suspicious/noExplicitAny: bodies of every action
type Body = any;

interface Cluster {
  readonly Id: string;
  readonly Name: string;
  readonly Tags: readonly object[];
  readonly LogUri: string;
  readonly Applications: readonly object[];
  Status: Body;
  /** The last one was added last. */
  readonly Steps: { readonly Id: string; readonly Name: string; Status: Body }[];
}

interface JobRun {
  readonly id: string;
  readonly name: string;
  readonly clientToken: string;
  state: string;
  stateDetails: string;
  readonly more: object;
}

export interface EmrServer {
  readonly url: string;
  /** Bodies of the calls of each action. */
  readonly calls: Map<string, Body[]>;
  readonly clusters: Cluster[];
  readonly jobRuns: JobRun[];
  /** What is stored, by `/bucket/key`. */
  readonly objects: Map<string, string>;
  /** Of the stack. */
  outputs: Readonly<Record<string, string>>;
  /** Is asked before each call; what it returns is answered instead. */
  instead: (action: string, number: number) => Refusal | undefined;
  close(): Promise<void>;
}

export interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly message: string;
}

export const refusal = (type: string, message: string, status = 400): Refusal => ({ status, type, message });

/** In seconds, as EMR has them. */
export const CREATED = 1_795_000_000;

/** Starts before the tests of a file and ends with them; each test finds it empty. */
export function useEmr(): () => EmrServer {
  let emr: EmrServer;
  beforeAll(async () => {
    emr = await startEmr();
    Object.assign(process.env, emulatorEnvironment(emr.url));
  });
  afterEach(() => {
    emr.instead = () => undefined;
    emr.calls.clear();
    emr.clusters.length = 0;
    emr.jobRuns.length = 0;
    emr.objects.clear();
  });
  afterAll(() => emr.close());
  return () => emr;
}

async function startEmr(): Promise<EmrServer> {
  const calls: EmrServer['calls'] = new Map();
  const clusters: Cluster[] = [];
  const jobRuns: JobRun[] = [];
  const objects: EmrServer['objects'] = new Map();

  const find = (id: string) => clusters.find(({ Id }) => Id === id) as Cluster;
  const addSteps = (cluster: Cluster, steps: readonly { readonly Name: string }[]) =>
    steps.map(({ Name }) => {
      const Id = `s-${cluster.Steps.length + 1}`;
      const Timeline = { CreationDateTime: CREATED + cluster.Steps.length };
      cluster.Steps.push({ Id, Name, Status: { State: 'PENDING', Timeline } });
      return Id;
    });
  const clusterActions: Record<string, (body: Body) => object> = {
    RunJobFlow({ Name, Tags, LogUri, Applications, Steps }) {
      const Id = `j-${clusters.length + 1}`;
      const Timeline = { CreationDateTime: CREATED + clusters.length };
      const Status = { State: 'STARTING', StateChangeReason: {}, Timeline };
      const cluster = { Id, Name, Tags, LogUri, Applications, Status, Steps: [] };
      clusters.push(cluster);
      addSteps(cluster, Steps);
      return { JobFlowId: Id };
    },
    AddJobFlowSteps: ({ JobFlowId, Steps }) => ({ StepIds: addSteps(find(JobFlowId), Steps) }),
    // One a page, to be sure that pages are read.
    ListClusters: ({ Marker = '0' }) => ({
      Clusters: clusters
        .slice(Number(Marker), Number(Marker) + 1)
        .map(({ Id, Name, Status }) => ({ Id, Name, Status })),
      ...(Number(Marker) + 1 < clusters.length && { Marker: String(Number(Marker) + 1) }),
    }),
    DescribeCluster({ ClusterId }) {
      const { Steps: _, ...Cluster } = find(ClusterId);
      return { Cluster };
    },
    // One a page, the last one first. The list leaves out why a step failed.
    ListSteps({ ClusterId, Marker = '0' }) {
      const all = find(ClusterId).Steps.toReversed();
      const next = Number(Marker) + 1;
      const Steps = all.slice(next - 1, next).map(({ Status: { State, Timeline }, ...step }) => ({
        ...step,
        Status: { State, Timeline },
      }));
      return { Steps, ...(next < all.length && { Marker: String(next) }) };
    },
    DescribeStep: ({ ClusterId, StepId }) => ({ Step: find(ClusterId).Steps.find(({ Id }) => Id === StepId) }),
  };
  const jobActions: Record<string, (body: Body, id: string) => object> = {
    StartJobRun({ clientToken, name }) {
      const known = jobRuns.find((each) => each.clientToken === clientToken);
      const id = known?.id ?? `00job${jobRuns.length + 1}`;
      if (!known) {
        const more = {
          createdAt: CREATED + 100 + jobRuns.length,
          billedResourceUtilization: { vCPUHour: 1, memoryGBHour: 4 },
        };
        jobRuns.push({ id, name, clientToken, state: 'SUBMITTED', stateDetails: '', more });
      }
      return { applicationId: 'app', jobRunId: id, arn: 'arn' };
    },
    ListJobRuns: () => ({ jobRuns: jobRuns.map(({ id, name, state, more }) => ({ id, name, state, ...more })) }),
    GetJobRun(_, id) {
      const { name, state, stateDetails, more } = jobRuns.find((each) => each.id === id) as JobRun;
      return { jobRun: { jobRunId: id, name, state, stateDetails, ...more } };
    },
  };

  const server = createServer(async (request, response) => {
    const text = Buffer.concat(await request.toArray()).toString();
    const target = request.headers['x-amz-target'];
    const path = (request.url ?? '').split('?')[0] as string;
    const isJob = path.startsWith('/applications/');
    const action =
      typeof target === 'string'
        ? (target.split('.').at(-1) as string)
        : isJob
          ? jobAction(request.method as string, path)
          : `${request.method} object`;
    const body = text.startsWith('{') ? JSON.parse(text) : {};
    const before = calls.get(action) ?? [];
    calls.set(action, [...before, body]);
    const refused = emr.instead(action, before.length + 1) ?? unknownCluster(body, clusters);
    response.setHeader('x-amzn-requestid', randomUUID());
    if (refused) {
      const { status, type, message } = refused;
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': type });
      response.end(JSON.stringify({ __type: type, message }));
    } else if (target || isJob) {
      const act = clusterActions[action] ?? jobActions[action];
      response.writeHead(200, { 'content-type': target ? 'application/x-amz-json-1.1' : 'application/json' });
      response.end(JSON.stringify(act?.(body, path.split('/').at(-1) as string)));
    } else if (text.includes('Action=DescribeStacks')) {
      response.writeHead(200, { 'content-type': 'text/xml' });
      response.end(stackAnswer(emr.outputs));
    } else if (request.method === 'PUT') {
      objects.set(path, text);
      response.end();
    } else {
      const found = objects.get(path);
      response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/xml' });
      response.end(found ?? '<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>no</Message></Error>');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const emr: EmrServer = {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    ...{ calls, clusters, jobRuns, objects, outputs: {}, instead: () => undefined },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return emr;
}

function unknownCluster({ ClusterId: id }: Body, clusters: readonly Cluster[]): Refusal | undefined {
  if (id === undefined || clusters.some(({ Id }) => Id === id)) return undefined;
  return refusal('InvalidRequestException', `Cluster id '${id}' is not valid.`);
}

function stackAnswer(outputs: Readonly<Record<string, string>>): string {
  const members = Object.entries(outputs).map(
    ([name, value]) => `<member><OutputKey>${name}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  const stack = `<StackStatus>CREATE_COMPLETE</StackStatus><Outputs>${members.join('')}</Outputs>`;
  const result = `<DescribeStacksResult><Stacks><member>${stack}</member></Stacks></DescribeStacksResult>`;
  return `<DescribeStacksResponse>${result}</DescribeStacksResponse>`;
}

function jobAction(method: string, path: string): string {
  if (method === 'POST') return 'StartJobRun';
  return path.endsWith('/jobruns') ? 'ListJobRuns' : 'GetJobRun';
}

/** A cluster that somebody made, with steps of others. */
export function standing(emr: EmrServer, more: Partial<Cluster> = {}): string {
  const Status = { State: 'WAITING', StateChangeReason: { Message: 'Cluster ready to run steps.' }, Timeline: {} };
  const cluster = { Name: 'reports', Tags: [], LogUri: 's3n://lake/recommendations/logs', Status, Steps: [] };
  const Id = `j-STANDING${emr.clusters.length}`;
  emr.clusters.push({ ...cluster, Id, Applications: [{ Name: 'Hadoop' }, { Name: 'Spark' }], ...more });
  return Id;
}

/** What becomes of the last cluster, of its step, and of the last job. */
export function stateOfLast(emr: EmrServer) {
  return {
    cluster(State: string, StateChangeReason: object = {}) {
      const [last] = emr.clusters.slice(-1) as [Cluster];
      last.Status = { ...last.Status, State, StateChangeReason };
    },
    step(State: string, more: object = {}) {
      const [last] = (emr.clusters.at(-1) as Cluster).Steps.slice(-1) as [Cluster['Steps'][number]];
      last.Status = { Timeline: last.Status.Timeline, State, ...more };
    },
    job(state: string, stateDetails = '') {
      const [last] = emr.jobRuns.slice(-1) as [JobRun];
      Object.assign(last, { state, stateDetails });
    },
  };
}

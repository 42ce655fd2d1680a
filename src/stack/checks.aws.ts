/** Checks of `doctor` on AWS that belong to no stage: endpoint, credentials, permissions, and the state of the stack. */
import { KinesisClient, ListStreamsCommand } from '@aws-sdk/client-kinesis';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { type AwsSession, regionOf } from '../engines/aws/session.js';
import { AlakazamError } from '../errors.js';
import { type Check, check, checkIfPossible, type Finding } from '../terminal/check.js';
import type { StackModel } from './parts.js';
import type { Resources } from './resource-names.js';

export async function* stackChecks(
  session: AwsSession,
  resources: Resources,
  model: StackModel,
): AsyncGenerator<Check> {
  yield await check('region', () => chosenRegion(session));
  yield await check('endpoint', () => endpointOf(session));
  let caller = '';
  const credentials = await check('credentials', async () => {
    const { Arn } = await session.client(STSClient).send(new GetCallerIdentityCommand({}));
    caller = Arn as string;
    return caller;
  });
  yield { ...credentials, isRequired: true };
  if (!credentials.isGood) return;
  const [{ permissionChecks }, { smsSandbox }] = await Promise.all([
    import('./permission-checks.aws.js'),
    import('./sms.aws.js'),
  ]);
  // The checks run at the same time, and are listed in this order.
  const found = [
    permissionChecks(session, caller, resources, model),
    checkIfPossible('SMS', () => smsSandbox(session, resources)),
    check('stack', () => stackStatus(session, resources)),
  ];
  for (const each of found) yield* [await each].flat();
}

async function chosenRegion(session: AwsSession): Promise<string> {
  const region = await regionOf(session.client(KinesisClient));
  if (region !== 'no region') return region;
  throw new AlakazamError('failed', 'no AWS region is set', {
    hint: 'export AWS_REGION=eu-central-1, or aws configure set region eu-central-1',
  });
}

async function stackStatus(session: AwsSession, { stack }: Resources): Promise<Finding> {
  const { status } = await stack();
  const finding = `${session.stack} is ${status}`;
  if (/^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status)) return finding;
  return new AlakazamError('failed', finding, { hint: 'alakazam deploy goes on from there' });
}

/** The endpoint of calls to Kinesis: a variable or a profile may set another than that of AWS. */
async function endpointOf(session: AwsSession): Promise<string> {
  const command = new ListStreamsCommand({});
  // The client builds the request, and stops before it would sign and send the request.
  command.middlewareStack.add(
    () =>
      async ({ request }) => ({ output: urlOf(request) as never, response: request }),
    {
      step: 'build',
    },
  );
  const url = (await session.client(KinesisClient).send(command)) as unknown as string;
  return `${url}${whyThere(url, session.environment)}`;
}

function urlOf(request: unknown): string {
  const { protocol, hostname, port } = request as { protocol: string; hostname: string; port?: number };
  return `${protocol}//${hostname}${port ? `:${port}` : ''}`;
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
function whyThere(url: string, environment: AwsSession['environment']): string {
  const set = Object.keys(environment).filter((name) => /^AWS_ENDPOINT_URL(_|$)/.test(name) && environment[name]);
  if (environment[IGNORE] === 'true') {
    return set.length > 0 ? ` since ${IGNORE} overrules ${set.join(' and ')}` : ` since ${IGNORE} is set`;
  }
  const one = ['AWS_ENDPOINT_URL_KINESIS', 'AWS_ENDPOINT_URL'].find((name) => set.includes(name));
  const why = one ? ` by ${one}` : /^https:\/\/kinesis[.-]/.test(url) ? '' : ' by the configuration of the AWS tools';
  const others = set.filter((name) => name !== one);
  return `${why}${others.map((name) => `; ${environment[name]} by ${name}`).join('')}`;
}

const IGNORE = 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS';

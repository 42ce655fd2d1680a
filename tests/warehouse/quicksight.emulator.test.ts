/** What QuickSight needs beside the template, as AWS answers: the emulator has no QuickSight. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { openSession } from '../../src/engines/aws/session.js';
import { quicksightIsReady, subscription } from '../../src/warehouse/quicksight.aws.js';
import { emulatorEnvironment } from '../emulators/environment.js';
import { type Answer, refusal, useFaultProxy } from '../emulators/fault-proxy.js';
import { useMiniStack } from '../emulators/ministack.js';
import { runCli, temporaryDirectory } from '../run-cli.js';

const emulator = useMiniStack();
const proxy = useFaultProxy(emulator);
const home = temporaryDirectory();

const ACCOUNT = 'GET /account/000000000000';
const status = (AccountSubscriptionStatus: string): Answer => ({
  status: 200,
  body: { AccountInfo: { AccountSubscriptionStatus } },
});
const NOBODY = refusal('ResourceNotFoundException', 'Account 000000000000 is not signed up with QuickSight', 404);
const ELSEWHERE = refusal(
  'AccessDeniedException',
  'Operation is being called from endpoint eu-central-1, but your identity region is us-east-1. Please use the us-east-1 endpoint.',
  401,
);
const DENIED = refusal(
  'AccessDeniedException',
  'User: x is not authorized to perform: quicksight:DescribeAccountSubscription on resource: y',
  403,
);

function session(answers: Readonly<Record<string, Answer>>) {
  proxy.fault(({ action }) => answers[action]);
  const opened = openSession('alakazam', { ...process.env, ...emulatorEnvironment(proxy.url) });
  onTestFinished(() => opened.close());
  return opened;
}

describe('the subscription of the account', () => {
  test.each([
    ['is there', status('ACCOUNT_CREATED'), 'the account has subscribed'],
    ['is at home in another region', ELSEWHERE, 'the account has subscribed, in another region'],
  ])('%s', async (_, answer, finding) => {
    expect(await subscription(session({ [ACCOUNT]: answer }))).toBe(finding);
  });

  test.each([
    ['is none', NOBODY, 'the account has not subscribed to QuickSight'],
    [
      'is none, in other words',
      refusal('UnsupportedUserEditionException', 'Account 000000000000 is not subscribed for QuickSight', 403),
      'the account has not subscribed to QuickSight',
    ],
    ['has ended', status('UNSUBSCRIBED'), 'the subscription is UNSUBSCRIBED'],
  ])('%s', async (_, answer, message) => {
    expect(await subscription(session({ [ACCOUNT]: answer }))).toMatchObject({
      message,
      hint: expect.stringMatching(/^subscribe at https:.*; then alakazam deploy --with quicksight$/),
    });
  });

  test('is not known to a caller who may not ask', async () => {
    await expect(subscription(session({ [ACCOUNT]: DENIED }))).rejects.toThrow(
      'no permission: quicksight:DescribeAccountSubscription',
    );
  });
});

describe('a deployment', () => {
  const principal = 'arn:aws:quicksight:us-east-1:123456789012:user/default/me';
  const check = (answer: Answer, after: Record<string, string>, before: Record<string, string> = {}) =>
    quicksightIsReady(session({ [ACCOUNT]: answer }))({
      outputs: new Map(),
      before: new Map(Object.entries(before)),
      after: new Map(Object.entries(after)),
    });
  const wanted = { WithQuicksight: 'yes', QuicksightPrincipal: principal };

  test('with QuickSight is refused without a subscription', async () => {
    await expect(check(NOBODY, wanted)).rejects.toThrow('the account has not subscribed to QuickSight');
  });

  test.each([
    ['that leaves it out asks nothing', { WithQuicksight: 'no' }, {}, 0],
    ['of a stack that has it asks nothing again', wanted, { WithQuicksight: 'yes' }, 0],
    ['of one who may not ask goes on', wanted, {}, 1],
  ])('%s', async (_, after, before, calls) => {
    await check(DENIED, after, before);
    expect(proxy.calls.get(ACCOUNT) ?? 0).toBe(calls);
  });

  test('of a new stack is checked as the user types it', async () => {
    const diff = async (answer: Answer, args: readonly string[]) => {
      proxy.fault(({ action }) => (action === ACCOUNT ? answer : undefined));
      const words = ['diff', '--stack', 'quick', '--with', 'quicksight', ...args];
      // Around the proxy, which takes what it passes on for text: the code of a function is none.
      const env = { ...emulatorEnvironment(proxy.url), AWS_ENDPOINT_URL_S3: emulator.url };
      const { code, stderr } = await runCli(words, { home, env });
      return { code, stderr };
    };
    const given = ['--param', `QuicksightPrincipal=${principal}`];
    expect(await diff(NOBODY, [])).toEqual({
      code: 2,
      stderr: expect.stringMatching(/^error: QuicksightPrincipal is "".*\n.*--param QuicksightPrincipal=arn:aws:/),
    });
    expect(await diff(NOBODY, given)).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^error: the account has not subscribed to QuickSight\n {2}subscribe at https:/),
    });
    // The emulator has no such type, as some regions have none.
    expect(await diff(status('ACCOUNT_CREATED'), given)).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /this region has no AWS::QuickSight::\w+: leave it out with alakazam deploy --without quicksight, or/,
      ),
    });
  });
});

/** What a person is told of a deployment that failed. The events are such as CloudFormation sends. */
import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { expect, test } from 'vitest';
import { followEvents } from '../../src/stack/events.aws.js';

const STACK = 'arn:aws:cloudformation:eu-central-1:123456789012:stack/alakazam/1';

/** Events from the newest to the oldest, as the API gives them. */
const failing = (reason: string) =>
  ({
    send: async () => ({
      StackEvents: [
        {
          EventId: '3',
          PhysicalResourceId: STACK,
          ResourceType: 'AWS::CloudFormation::Stack',
          ResourceStatus: 'ROLLBACK_COMPLETE',
        },
        {
          EventId: '2',
          LogicalResourceId: 'QuicksightSource',
          ResourceStatus: 'CREATE_FAILED',
          ResourceStatusReason: reason,
        },
        {
          EventId: '1',
          PhysicalResourceId: STACK,
          ResourceType: 'AWS::CloudFormation::Stack',
          ResourceStatus: 'CREATE_IN_PROGRESS',
        },
      ],
    }),
  }) as unknown as CloudFormationClient;

async function end(reason: string): Promise<unknown> {
  try {
    for await (const _ of followEvents(failing(reason), STACK, undefined, new AbortController().signal));
  } catch (error) {
    return error;
  }
  return undefined;
}

// https://github.com/hashicorp/terraform-provider-aws/pull/32323, https://github.com/awslabs/aws-well-architected-labs/issues/437
test.each([
  'Account 123456789012 is not subscribed for QuickSight (Service: QuickSight, Status Code: 403)',
  'Account 123456789012 is not signed up with QuickSight with namespace default',
  "Access denied for operation 'AWS::QuickSight::DataSource'.",
])('%s', async (reason) => {
  expect(await end(reason)).toMatchObject({
    message: `QuicksightSource could not be made: ${reason}`,
    hint: expect.stringMatching(
      /^subscribe the account at https:.*, or deploy with --without quicksight; alakazam deploy/,
    ),
  });
});

test('a permission that is missing is named, also one of QuickSight', async () => {
  const reason = 'User: x is not authorized to perform: quicksight:CreateDataSource on resource: y';
  expect(await end(reason)).toMatchObject({
    code: 'access',
    hint: expect.stringMatching(/to allow quicksight:CreateDataSource;/),
  });
});

/** Whether QuickSight can show the orders: the account must have subscribed, which no template can do. */
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { nameOf } from '../engines/aws/errors.js';
import { describeSubscription } from '../engines/aws/quicksight.js';
import type { AwsSession } from '../engines/aws/session.js';
import { AlakazamError, reasonOf } from '../errors.js';
import type { ProposalCheck } from '../stack/stack.js';
import type { Finding } from '../terminal/check.js';

const SUBSCRIBED = 'ACCOUNT_CREATED';
const WANTED = 'alakazam deploy --with quicksight';

/** Refuses a dashboard that AWS would refuse in the middle of the deployment, or would show nobody. */
export function quicksightIsReady(session: AwsSession): ProposalCheck {
  return async ({ before, after }) => {
    if (after.get('WithQuicksight') !== 'yes') return;
    if (!after.get('QuicksightPrincipal')) {
      throw new AlakazamError('usage', 'QuicksightPrincipal is "", so QuickSight would show the dashboard to nobody', {
        hint: `${WANTED} --param QuicksightPrincipal=arn:aws:quicksight:us-east-1:123456789012:user/default/NAME
aws quicksight list-users --namespace default --aws-account-id 123456789012 shows the ARNs of the users`,
      });
    }
    if (before.get('WithQuicksight') === 'yes') return;
    // A caller who may not ask this may still be allowed to deploy: CloudFormation then says it.
    const found = await subscription(session).catch(() => '');
    if (found instanceof AlakazamError) throw found;
  };
}

/** A finding of `doctor`. Throws an error if QuickSight did not say. */
export async function subscription(session: AwsSession): Promise<Finding> {
  const { Account } = await session.client(STSClient).send(new GetCallerIdentityCommand({}));
  try {
    const { AccountSubscriptionStatus: status } = await describeSubscription(session, Account as string);
    return status === SUBSCRIBED ? 'the account has subscribed' : notSubscribed(`the subscription is ${status}`);
  } catch (error) {
    // A subscription has a home region, and says so in others: "your identity region is us-east-1".
    if (/identity region/i.test(causeOf(error))) return 'the account has subscribed, in another region';
    if (nameOf(error) !== 'ResourceNotFoundException' && !/not (subscribed|signed up)/i.test(causeOf(error)))
      throw error;
    return notSubscribed('the account has not subscribed to QuickSight');
  }
}

const causeOf = (error: unknown) => reasonOf(error instanceof AlakazamError ? (error.cause ?? error) : error);

function notSubscribed(message: string): AlakazamError {
  return new AlakazamError('failed', message, {
    hint: `subscribe at https://quicksight.aws.amazon.com/, which costs each user a price a month; then ${WANTED}`,
  });
}

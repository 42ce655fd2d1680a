/** Two questions to QuickSight. https://docs.aws.amazon.com/quicksight/latest/APIReference/ */
import type { AwsSession } from './session.js';
import { askSigned, type SignedService } from './signed.js';

const QUICKSIGHT: SignedService = { name: 'QuickSight', host: 'quicksight', variable: 'QUICKSIGHT' };

export interface AccountSubscription {
  /** `ACCOUNT_CREATED` is a subscription that works. */
  readonly AccountSubscriptionStatus?: string;
}

export interface QuickSightDashboard {
  readonly Version?: {
    /** `CREATION_SUCCESSFUL`, `UPDATE_FAILED` */
    readonly Status?: string;
    readonly Errors?: readonly { readonly Message?: string }[];
  };
}

/** Throws an error named `ResourceNotFoundException` where the account has no subscription. */
export async function describeSubscription(session: AwsSession, account: string): Promise<AccountSubscription> {
  const answer = await read(session, 'DescribeAccountSubscription', `/account/${account}`);
  return (answer as { readonly AccountInfo?: AccountSubscription }).AccountInfo ?? {};
}

export async function describeDashboard(
  session: AwsSession,
  account: string,
  id: string,
): Promise<QuickSightDashboard> {
  const answer = await read(session, 'DescribeDashboard', `/accounts/${account}/dashboards/${encodeURIComponent(id)}`);
  return (answer as { readonly Dashboard?: QuickSightDashboard }).Dashboard ?? {};
}

function read(session: AwsSession, action: string, path: string): Promise<unknown> {
  return askSigned(session, QUICKSIGHT, { action, method: 'GET', path });
}

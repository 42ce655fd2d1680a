/** What a deployment of the rate alarm must have, before AWS is asked for anything. */
import { AlakazamError } from '../errors.js';
import type { ProposalCheck } from '../stack/stack.js';

export const rateAlarmFits: ProposalCheck = async ({ after }) => {
  if (after.get('WithRateAlarm') !== 'yes') return;
  const [windowMs, quietSeconds] = [Number(after.get('RateWindowMs')), Number(after.get('RateQuietSeconds'))];
  if (quietSeconds * 1000 < windowMs) {
    throw new AlakazamError(
      'usage',
      `RateQuietSeconds is ${quietSeconds}, and RateWindowMs is ${windowMs}; valid: RateQuietSeconds from ${Math.ceil(windowMs / 1000)}`,
    );
  }
};

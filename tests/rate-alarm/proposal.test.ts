import { expect, test } from 'vitest';
import { rateAlarmFits } from '../../src/rate-alarm/proposal.js';

function proposed(after: Readonly<Record<string, string>>): Promise<void> {
  const values = {
    WithRateAlarm: 'yes',
    RateWindowMs: '1000',
    RateQuietSeconds: '60',
    RateApplicationCodeKey: 'a.zip',
  };
  return rateAlarmFits({
    outputs: new Map(),
    before: new Map(),
    after: new Map(Object.entries({ ...values, ...after })),
  });
}

test('a quiet period is no shorter than the window', async () => {
  await expect(proposed({ RateWindowMs: '60000', RateQuietSeconds: '59' })).rejects.toThrow(
    'RateQuietSeconds is 59, and RateWindowMs is 60000; valid: RateQuietSeconds from 60',
  );
  await expect(proposed({ RateWindowMs: '60000' })).resolves.toBeUndefined();
  await expect(proposed({ WithRateAlarm: 'no', RateQuietSeconds: '0' })).resolves.toBeUndefined();
});

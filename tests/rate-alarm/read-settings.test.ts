import { describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.js';
import { AlakazamError } from '../../src/errors.js';
import { alarmSettings } from '../../src/rate-alarm/read-settings.js';
import { refuseFlags } from '../../src/rate-alarm/stack-settings.js';
import { flagFor, KEYS } from '../../src/settings.js';
import { temporaryDirectory } from '../run-cli.js';
import { USUAL } from './usual-settings.js';

const directory = temporaryDirectory();

async function settingsOf(environment: Readonly<Record<string, string>>) {
  const place = { XDG_CONFIG_HOME: directory, ...environment };
  return alarmSettings(
    await readConfig({ flags: {}, environment: place, directory, targets: ['local'], user: undefined }),
  );
}

describe('the settings of the alarm', () => {
  test('have defaults', async () => {
    expect(await settingsOf({})).toEqual({
      ...USUAL,
      reminderMs: 900_000,
      notify: ['began', 'reminder', 'ended', 'caught-up', 'test'],
    });
  });

  test('are read', async () => {
    const given = {
      ALAKAZAM_ALARM_THRESHOLD: '1000000',
      ALAKAZAM_ALARM_WINDOW: '1m',
      ALAKAZAM_ALARM_QUIET: '60s',
      ALAKAZAM_ALARM_COUNT: 'invoices',
      ALAKAZAM_ALARM_REMINDER: '1.5h',
      ALAKAZAM_ALARM_NOTIFY: 'ended ,reminder',
      ALAKAZAM_ALARM_WEBHOOK: 'https://example.org/alarm',
      ALAKAZAM_ALARM_SECRET: 'whsec',
      ALAKAZAM_ALARM_COMMAND: './notify.sh',
    };
    expect(await settingsOf(given)).toEqual({
      ...{ threshold: 1_000_000, windowMs: 60_000, quietMs: 60_000, counted: 'invoices', reminderMs: 5_400_000 },
      notify: ['ended', 'reminder', 'caught-up', 'test'],
      webhook: { url: 'https://example.org/alarm', secret: 'whsec' },
      command: './notify.sh',
    });
  });

  test('may tell nothing but a test, or no reminders', async () => {
    expect((await settingsOf({ ALAKAZAM_ALARM_NOTIFY: 'none' })).notify).toEqual(['test']);
    expect((await settingsOf({ ALAKAZAM_ALARM_NOTIFY: 'reminder' })).notify).toEqual(['reminder', 'test']);
    expect((await settingsOf({ ALAKAZAM_ALARM_REMINDER: 'off' })).reminderMs).toBeNull();
  });

  test('are refused if the quiet period is shorter than the window', async () => {
    const reading = settingsOf({ ALAKAZAM_ALARM_WINDOW: '1m', ALAKAZAM_ALARM_QUIET: '59s' });
    await expect(reading).rejects.toThrow(
      new AlakazamError(
        'usage',
        'alarm.quiet is "59s" (ALAKAZAM_ALARM_QUIET), and alarm.window is "1m" (ALAKAZAM_ALARM_WINDOW); valid: quiet from 1m',
      ),
    );
  });
});

describe('for a stack', () => {
  const config = (origins: Readonly<Record<string, string>>) => ({
    origin: (key: string) => origins[key] ?? 'default',
  });

  test.each(KEYS.filter((key) => key.startsWith('alarm.') && key !== 'alarm.secret'))(
    'the flag of %s is refused, and its parameter is named',
    (key) => {
      expect(() => refuseFlags(config({ [key]: flagFor(key) }))).toThrow(
        expect.objectContaining({
          message: `${flagFor(key)} is for the local target; a stack has parameters for its alarm`,
          hint: expect.stringMatching(/^alakazam deploy --param (Rate|Alarm)[A-Za-z]+=/),
        }),
      );
    },
  );

  test('settings of files and variables are for the local target', () => {
    refuseFlags(config({ 'alarm.threshold': '/home/ann/.alakazamrc', 'alarm.window': 'ALAKAZAM_ALARM_WINDOW' }));
  });
});

/** The rate alarm as a stage of the embedded target. */
import type { Stage } from '../stage.js';
import { check } from '../terminal/check.js';
import { counted } from '../terminal/numbers.js';
import type { LocalAlarm } from './alarm.local.js';
import { briefOf, limitOf } from './message.js';

/** A webhook that does not answer takes as long. */
const LAST_WORDS_MS = 5000;

export function localAlarmStage(open: () => Promise<LocalAlarm>): Stage {
  return {
    name: 'rate alarm',
    async *follow(signal) {
      for await (const message of (await open()).watch(signal, LAST_WORDS_MS)) yield briefOf(message);
    },
    prove: async (signal) => (await open()).prove(signal),
    async *checks() {
      yield await check('rate alarm', async () => {
        const alarm = await open();
        await alarm.update();
        const status = await alarm.status();
        const destinations = await alarm.destinations();
        const failed = destinations.filter(({ problem }) => problem !== null);
        const told =
          destinations.length === 0 ? 'nobody is told' : `tells ${counted(destinations.length, 'destination')}`;
        const said = `${status.state}; raised by more than ${limitOf(status)}; ${told}`;
        return failed.length === 0
          ? said
          : `${said}; ${failed.map(({ name, problem }) => `${name}: ${problem}`).join('; ')}`;
      });
    },
    // The stream is emptied before: the alarm forgets its surges as soon as it looks.
    clear: async () => void (await (await open()).update()),
    erase: async () => (await open()).erase(),
    async contents() {
      const episodes = await (await open()).episodes({ limit: Number.POSITIVE_INFINITY });
      return episodes.length === 0 ? undefined : counted(episodes.length, 'surge');
    },
  };
}

/** What every notifier promises, whatever it takes messages to. */
import { describe, expect, test } from 'vitest';
import type { AlarmMessage } from '../../src/rate-alarm/alarm.js';
import type { Deadline } from '../../src/rate-alarm/deadline.js';
import type { Notifier } from '../../src/rate-alarm/notifier.js';
import { LANTERN, messageOf } from './reports.js';

/** What a destination does with a message that it has read. */
export type Behaviour = 'takes it' | 'fails' | 'never answers';

export interface OpenedDestination {
  readonly notifier: Notifier;
  /** The first message that it read, as text. */
  readonly received: Promise<string>;
}

export const never: Deadline = () => new AbortController().signal;
export const running = new AbortController().signal;
const SECRET = 'hunter2';

export type OpenDestination = (behaviour: Behaviour, deadline: Deadline, secret: string) => Promise<OpenedDestination>;

/**
 * The destination must say `SECRET` where it fails, and be opened with one if it has any. `sameAs` gives what `received` is of a
 * message, as `read` reads it: as a rule all of it, as JSON.
 */
export function notifierContract(
  name: string,
  open: OpenDestination,
  read: (received: string) => unknown = JSON.parse,
  sameAs: (message: AlarmMessage) => unknown = (message) => message,
): void {
  describe(name, () => {
    const message = messageOf('began', { episode: LANTERN });

    test('takes a message, and says so', async () => {
      const { notifier, received } = await open('takes it', never, SECRET);
      expect(await notifier.send(message, running)).toEqual({ outcome: 'delivered', detail: expect.any(String) });
      expect(read(await received)).toEqual(sameAs(message));
      expect(notifier.name).toMatch(new RegExp(`^${notifier.via}\\b`));
      expect(notifier.name).not.toContain(SECRET);
    });

    test('may take later what failed, and says why on one line', async () => {
      const { notifier, received } = await open('fails', never, SECRET);
      const delivery = await notifier.send(message, running);
      expect(delivery).toMatchObject({ outcome: 'failed', reason: expect.stringMatching(/^\P{Cc}+$/u) });
      expect(JSON.stringify(delivery)).not.toContain(SECRET);
      expect(read(await received)).toEqual(sameAs(message));
    });

    test('fails for now at the limit of time', async () => {
      const limit = new AbortController();
      const { notifier, received } = await open('never answers', () => limit.signal, SECRET);
      const sent = notifier.send(message, running);
      await received;
      limit.abort();
      expect(await sent).toMatchObject({ outcome: 'failed', reason: expect.stringMatching(/\d s$/) });
    });

    test('rejects with the reason of the signal that says stop', async () => {
      const stop = new AbortController();
      const { notifier, received } = await open('never answers', never, SECRET);
      const sent = notifier.send(message, stop.signal);
      await received;
      stop.abort(new Error('Ctrl-C'));
      await expect(sent).rejects.toThrow('Ctrl-C');
    });

    test('sends nothing once the signal has said stop', async () => {
      const { notifier } = await open('takes it', never, SECRET);
      await expect(notifier.send(message, AbortSignal.abort(new Error('Ctrl-C')))).rejects.toThrow('Ctrl-C');
    });
  });
}

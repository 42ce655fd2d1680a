/** A reset while `verify` reads is no difference. */
import { Readable, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import type { Context } from '../../src/command.js';
import { verify } from '../../src/commands/verify.js';
import { historyView } from '../../src/order-history/history-view.js';
import { openTerminal } from '../../src/terminal/terminal.js';
import { localFixture } from '../fixtures/local-pipeline.js';
import { manyLines, putter } from '../fixtures/orders.js';

function stringStream() {
  const written: string[] = [];
  const stream = new Writable({
    write(chunk, _, done) {
      written.push(String(chunk));
      done();
    },
  });
  return { stream, text: () => written.join('') };
}

test.each(['empties it', 'empties it and streams other orders'])(
  'verify begins again when another process %s',
  async (what) => {
    const { open, openHistory } = await localFixture();
    const [stream, another] = [await open(), await open()];
    await putter(stream)(manyLines(2000));
    const view = historyView(await openHistory(stream));
    let readings = 0;
    async function* all() {
      const blocks = view.all();
      if (readings++ === 0) {
        another.clear();
        if (what !== 'empties it') await putter(another, 'other')(manyLines(500, 5000));
      }
      yield* blocks;
    }
    const [stdout, stderr] = [stringStream(), stringStream()];
    const streams = { stdin: Readable.from([]), stdout: stdout.stream, stderr: stderr.stream };
    const context = {
      pipeline: {
        stream: async () => stream,
        bookmarks: async () => stream.bookmarks,
        stages: [{ name: 'order history', view: async () => ({ ...view, all }) }],
      },
      terminal: openTerminal(streams, { environment: {} }),
      signal: new AbortController().signal,
    } as unknown as Context;
    expect(await verify.run(context, { output: 'json' }, '')).toBeUndefined();
    const streamed = what === 'empties it' ? 0 : 500;
    expect(JSON.parse(stdout.text())).toMatchObject({ pass: true, streamed, differences: [] });
    expect(stderr.text()).toBe('the pipeline was emptied meanwhile: this begins again\n');
    expect(readings).toBe(2);
  },
);

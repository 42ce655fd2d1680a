import { type Context, defineCommand } from '../command.js';
import { outputOption } from '../options.js';
import { type Reconciliation, reconcile, type ViewReconciliation } from '../reconciliation/reconcile.js';
import type { Proof, View } from '../stage.js';
import { answer, type Column } from '../terminal/answer.js';
import { pounds, whole } from '../terminal/numbers.js';
import { styled, type Text } from '../terminal/text.js';

/** A row of a pipe or a file: a figure with its name and, where the figure is of a view, the view. */
interface Figure {
  readonly view: string;
  readonly name: string;
  readonly value: string;
}

const columns: readonly Column<Figure>[] = [
  { name: 'view', value: ({ view }) => view || null },
  { name: 'name', value: ({ name }) => name },
  { name: 'value', value: ({ value }) => value },
];

export const verify = defineCommand({
  name: 'verify',
  summary: 'prove that no order was lost or doubled',
  examples: [
    ['alakazam verify', 'PASS, or exactly what is missing'],
    ['alakazam verify -o json', 'for a program; exits with 3 if there is a difference'],
  ],
  options: { output: outputOption },
  async run(context, { output }) {
    const { terminal, signal } = context;
    const { result, views, proofs, sinceMs } = await verifyWhole(context);
    // The figures of an incomplete run would say that orders are missing.
    if (signal.aborted) {
      terminal.say('interrupted before everything was read');
      return undefined;
    }
    const since = sinceMs > 0 ? new Date(sinceMs).toISOString() : undefined;
    await answer(terminal, output, columns, figuresOf(result), {
      json: since ? { since, ...result } : result,
      table: () => drawn(result, views, proofs),
    });
    for (const note of views.flatMap(({ notes }) => notes?.() ?? [])) terminal.say(note);
    if (since) terminal.say(`the stream has forgotten what arrived before ${since}: that was not compared`);
    if (output !== 'json') for (const difference of result.differences) terminal.say(difference);
    return result.pass ? undefined : 'difference';
  },
});

interface Verification {
  readonly result: Verified;
  readonly views: readonly View[];
  readonly proofs: readonly Proof[];
  /** Arrival time from which on was compared. */
  readonly sinceMs: number;
}

/** Begins again where the pipeline was emptied meanwhile: one half would be of what was there before, and nothing would agree. */
async function verifyWhole(context: Context): Promise<Verification> {
  const { pipeline, terminal, signal } = context;
  const stream = await pipeline.stream();
  for (;;) {
    const begun = stream.currentIdentity?.() ?? '';
    const isOther = () => begun !== '' && stream.currentIdentity?.() !== begun;
    try {
      const verified = await compareAll(context);
      if (signal.aborted || !isOther()) return verified;
    } catch (error) {
      if (signal.aborted || !isOther()) throw error;
    }
    terminal.say('the pipeline was emptied meanwhile: this begins again');
  }
}

async function compareAll({ pipeline, terminal, signal }: Context): Promise<Verification> {
  const [stream, bookmarks] = [await pipeline.stream(), await pipeline.bookmarks()];
  const views = await Promise.all(pipeline.stages.flatMap(({ view }) => view?.() ?? []));
  const through = await Promise.all(views.map((view) => view.update(signal)));
  const sinceMs = await stream.heldSinceMs();
  const progress = terminal.progress();
  const reconciled = await reconcile(
    { stream, bookmarks, views },
    {
      signal,
      through,
      sinceMs,
      onProgress: (read, most) => progress.update(read, most),
    },
  ).finally(() => progress.stop());
  const proofs = await Promise.all(pipeline.stages.flatMap(({ prove }) => prove?.(signal) ?? []));
  return { result: withProofs(reconciled, proofs), views, proofs, sinceMs };
}

interface Verified extends Reconciliation {
  /** By the key of the proof and the name of its figure. */
  readonly proofs: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

function withProofs({ differences, ...reconciled }: Reconciliation, proofs: readonly Proof[]): Verified {
  const all = [...differences, ...proofs.flatMap((proof) => proof.differences)];
  const figures = proofs.map(({ key, figure: [name, count] }) => [key, { [name]: count }] as const);
  return { ...reconciled, pass: all.length === 0, proofs: Object.fromEntries(figures), differences: all };
}

function figuresOf({ pass, streamed, rejected, guests, revenue, views, proofs }: Verified): Figure[] {
  const figures = (view: string, values: object) =>
    Object.entries(values).map(([name, value]) => ({ view, name, value: String(value) }));
  return [
    ...figures('', { pass, streamed, rejected, guests, revenue }),
    ...Object.entries({ ...views, ...proofs }).flatMap(([view, values]) => figures(view, values)),
  ];
}

/** The totals of the stream, and for each view the figures that add up to the same total. */
function drawn(result: Verified, views: readonly View[], proofs: readonly Proof[]): Text {
  const { pass, streamed, rejected, revenue } = result;
  const width = Math.max(whole(streamed).length, 9);
  const row = (sign: string, count: number, what: string, note = '') =>
    `${`${sign} ${whole(count).padStart(width)}  ${what.padEnd(34)}${note}`.trimEnd()}\n`;
  return [
    row(' ', streamed, 'orders in the stream', pounds(revenue)),
    ...views.flatMap(({ key, name, notExpected: why }) => {
      const { held, notExpected, repeated, notDue, revenue } = result.views[key] as ViewReconciliation;
      return [
        row('=', held, `in the ${name}`, pounds(revenue)),
        why ? row('+', notExpected, why) : '',
        row('+', repeated, 'that came more than once'),
        notDue === undefined ? '' : row('+', notDue, 'that it need not hold yet'),
      ];
    }),
    ...proofs.map(({ name, figure: [, count] }) => row(' ', count, name)),
    row(' ', rejected, 'lines that were not orders, kept as rejected'),
    pass ? styled('green', 'PASS') : styled('red', 'FAIL'),
    '\n',
  ];
}

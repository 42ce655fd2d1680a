/** Runs a program on the Apache Spark of this machine. */
import { spawn } from 'node:child_process';
import { createWriteStream, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { diskError } from '../engines/disk-errors.js';
import { AlakazamError } from '../errors.js';
import { SPARK_SUBMIT } from './spark-jobs.js';

export interface SparkRun {
  readonly program: string;
  readonly arguments: readonly string[];
  /** A directory for what Spark leaves where it is started. */
  readonly directory: string;
  /** A file for all that Spark says. */
  readonly log: string;
  readonly signal: AbortSignal;
  /** Hears each line of the program itself. */
  readonly onLine: (line: string) => void;
}

const INSTALL = 'install Apache Spark 3.5 and Java 17, such as with pip install pyspark==3.5.6, or set SPARK_HOME';

/**
 * Resolves once the program has ended well. The signal ends it at once: it is killed, since what it leaves is of no use. Throws an
 * `AlakazamError` if there is no Spark, or if it failed.
 */
export async function sparkSubmit(run: SparkRun): Promise<void> {
  const { signal, directory } = run;
  signal.throwIfAborted();
  const home = process.env['SPARK_HOME'];
  const command = home ? join(home, 'bin', 'spark-submit') : 'spark-submit';
  const child = spawn(command, [...optionsIn(directory), run.program, ...run.arguments], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = () => child.kill('SIGKILL');
  signal.addEventListener('abort', kill);
  // Its name can be foreseen: what is there, such as a link, is not written through.
  rmSync(run.log, { force: true });
  const log = createWriteStream(run.log, { flags: 'wx', mode: 0o600 });
  const logged = finished(log);
  // A full disk, perhaps: Spark would run on, and nobody could read why it failed.
  logged.catch(kill);
  child.stderr.pipe(log, { end: false });
  const lines = createInterface({ input: child.stdout });
  let reason = '';
  lines.on('line', (line) => {
    log.write(`${line}\n`);
    if (line.startsWith(FAILURE)) reason = line.slice(FAILURE.length);
    else run.onLine(line);
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (cause: NodeJS.ErrnoException) => reject(notStarted(cause, command)));
      child.once('close', resolve);
    });
    signal.throwIfAborted();
    if (code === 0) return;
    throw new AlakazamError('failed', reason || `Spark ended with exit code ${code}`, {
      hint: `its log: ${run.log}`,
    });
  } finally {
    signal.removeEventListener('abort', kill);
    log.end();
    // Who hears of the log may read it at once.
    await logged.catch((error) => {
      throw diskError(error, dirname(run.log)) ?? error;
    });
  }
}

/** How the program begins a line that says why it ends. */
const FAILURE = 'error: ';

/** On this machine, with all its processors, and with nothing left elsewhere. */
function optionsIn(directory: string): string[] {
  const settings = {
    'spark.ui.enabled': 'false',
    'spark.ui.showConsoleProgress': 'false',
    'spark.local.dir': join(directory, 'spark'),
    'spark.sql.warehouse.dir': join(directory, 'warehouse'),
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['--conf', `${name}=${value}`]);
  return ['--master', 'local[*]', '--driver-memory', DRIVER_MEMORY, ...SPARK_SUBMIT, ...options];
}

/** On one machine the driver does all the work. It takes what it needs, up to this. */
const DRIVER_MEMORY = '4g';

function notStarted(cause: NodeJS.ErrnoException, command: string): Error {
  if (cause.code !== 'ENOENT' && cause.code !== 'EACCES') return cause;
  return new AlakazamError('failed', `Spark is not on this machine: there is no ${command}`, { hint: INSTALL, cause });
}

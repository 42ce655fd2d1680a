/** Every command, in the order `--help` shows them. */
import type { Command } from '../command.js';
import { alarm } from './alarm.js';
import { completion } from './completion.js';
import { config } from './config.js';
import { demo } from './demo.js';
import { deploy } from './deploy.js';
import { destroy } from './destroy.js';
import { diff } from './diff.js';
import { doctor } from './doctor.js';
import { evaluate } from './evaluate.js';
import { generate } from './generate.js';
import { help } from './help.js';
import { history } from './history.js';
import { lake } from './lake.js';
import { query } from './query.js';
import { recommend } from './recommend.js';
import { rejected } from './rejected.js';
import { reset } from './reset.js';
import { similar } from './similar.js';
import { status } from './status.js';
import { tail } from './tail.js';
import { train } from './train.js';
import { verify } from './verify.js';

// biome-ignore lint/suspicious/noExplicitAny: each command knows its own options
export const COMMANDS: readonly Command<any>[] = [
  generate,
  tail,
  history,
  query,
  lake,
  train,
  recommend,
  similar,
  evaluate,
  alarm,
  verify,
  rejected,
  deploy,
  diff,
  status,
  destroy,
  config,
  reset,
  doctor,
  demo,
  completion,
  help,
];

/** What the system has too little of, or refuses: no fault of the program, wherever it is met. */
import { AlakazamError } from './errors.js';

/** What is wrong and what to do, by the code of an error of Node. */
const LIMITS: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  ENAMETOOLONG: [
    'a path is longer than the system allows',
    'choose a shorter one: --home and ALAKAZAM_HOME name the directory',
  ],
  EMFILE: ['this process may open no more files', 'ulimit -n says how many it may; ulimit -n 1024 allows more'],
  ENFILE: ['the system can open no more files', 'end other programs, then run the same command again'],
  EFBIG: ['a file has reached the size up to which it may grow here', 'ulimit -f says which that is'],
  ENOMEM: ['there is not enough memory', 'end other programs, then run the same command again'],
  EAGAIN: ['the system can start no further process', 'end other programs, then run the same command again'],
  ERR_DLOPEN_FAILED: [
    'a part of alakazam that is not JavaScript can not be loaded',
    'free memory; or install alakazam anew on this machine, since that part is another on each kind of machine',
  ],
};

/** The error to show for such a limit, or undefined for any other error. */
export function limitError(error: unknown): AlakazamError | undefined {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  const [what, hint] = (typeof code === 'string' && LIMITS[code]) || [];
  if (what === undefined || hint === undefined) return undefined;
  const path = /'([^']*)'$/.exec(String(message))?.[1];
  const where = path === undefined || code === 'EMFILE' ? '' : `: ${path.length > 80 ? `${path.slice(0, 80)}…` : path}`;
  return new AlakazamError('failed', `${what}${where}`, { hint, cause: error });
}

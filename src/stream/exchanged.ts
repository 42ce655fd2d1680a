/** The error where another file, or none, is in the place of the stream's: this process has the old one open, which nobody else finds. */
import { AlakazamError } from '../errors.js';

export function exchanged(path: string): AlakazamError {
  return new AlakazamError('failed', `${path} was exchanged while it was in use`, {
    hint: 'run the same command again: it uses the file that is there now',
  });
}

import { buildIfStale } from './run-cli.js';

/** The command line is tested as it is built: once, before anything runs. */
export default function setup(): void {
  buildIfStale();
}

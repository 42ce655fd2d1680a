/** Errors for the person at the terminal, and what each kind makes of the exit code. Anything else thrown is a bug. */

/** Exit codes, in the order `help exit-codes` shows them. */
export const EXIT_CODES = {
  done: { code: 0, meaning: 'done' },
  failed: { code: 1, meaning: 'failed' },
  usage: { code: 2, meaning: 'wrong usage: an option, an argument or the configuration' },
  difference: { code: 3, meaning: 'a difference was found (diff, verify), or orders surge (alarm)' },
  access: { code: 4, meaning: 'not signed in, or no permission' },
  partial: { code: 5, meaning: 'partly done: the message says what is left' },
  interrupted: { code: 130, meaning: 'interrupted (SIGINT, Ctrl-C)' },
  terminated: { code: 143, meaning: 'terminated (SIGTERM)' },
} as const;

export type ErrorCode = Exclude<keyof typeof EXIT_CODES, 'done'>;

export interface ErrorDetails {
  /** A command to type next. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** Says what was wrong, with the value, and what is valid; the hint says what to type next. */
export class AlakazamError extends Error {
  override readonly name = 'AlakazamError';
  readonly hint: string | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    { hint, cause }: ErrorDetails = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.hint = hint;
  }
}

/** What is stored can't be changed now, and can be read: the disk is full or forbids it, or another process does not let go of it. */
export class CannotWrite extends AlakazamError {}

/** The reason an engine or the system gave, on one line. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n', 1)[0] as string;
}

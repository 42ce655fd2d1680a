/** What whoever may have to wait is told from outside: when to stop waiting, and who hears what it waits for. */
export interface Waiting {
  /** Ends every wait. */
  readonly signal?: AbortSignal;
  /** Says something to people, in a line. */
  readonly warn: (message: string) => void;
}

/** For whoever waits without a person who would hear of it. */
export const UNHEARD: Waiting = { warn() {} };

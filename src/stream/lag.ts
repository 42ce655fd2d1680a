/** Views that can't be written now: they stay behind the stream, and whoever reads them has an answer from what is there. */
import { CannotWrite } from '../errors.js';
import type { Through } from '../stage.js';
import type { Waiting } from '../waiting.js';

export interface LaggingView {
  /** For people. */
  readonly name: string;
  readonly waiting: Waiting;
  /** How far it is. */
  through(): Through;
}

/** Gives a function that runs an update and says how far it came. Why a view is behind is said once. */
export function lagging({ name, waiting, through }: LaggingView): (update: () => Promise<void>) => Promise<Through> {
  let said: string | undefined;
  return async (update) => {
    try {
      await update();
      said = undefined;
      return through();
    } catch (error) {
      if (!(error instanceof CannotWrite)) throw error;
      if (error.message !== said) waiting.warn(`the ${name} is behind the stream: ${error.message}`);
      said = error.message;
      return { ...through(), isBehind: true };
    }
  };
}

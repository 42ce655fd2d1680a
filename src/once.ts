/** Opens each part of a pipeline when it is first asked for, and once. */

interface Part {
  close?(): Promise<void>;
}

export interface Openings {
  /** A function that opens the part at its first call, and gives the same part at every other. */
  once<T extends object>(open: () => T | Promise<T>): () => Promise<T>;
  /** Closes what was opened, last first. */
  close(): Promise<void>;
}

export function trackOpenings(): Openings {
  const opened: Promise<Part>[] = [];
  return {
    once(open) {
      let part: ReturnType<typeof start> | undefined;
      const start = async () => open();
      return () => {
        if (!part) {
          part = start();
          opened.push(part);
        }
        return part;
      };
    },
    async close() {
      // A part that failed to open said so when it was asked for.
      for (const part of opened.splice(0).reverse()) await (await part.catch(() => undefined))?.close?.();
    },
  };
}

/** Text of a file whose encoding nobody wrote down. */

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const CR = 13;

/** UTF-8 where it is UTF-8, else latin-1: told apart line by line, so that it doesn't matter where reading starts. */
export function decodeText(bytes: Buffer, start: number, end: number): string {
  try {
    return utf8.decode(bytes.subarray(start, end));
  } catch {
    return bytes.toString('latin1', start, end);
  }
}

/** End of a line without the carriage return before its line feed. */
export function trimCarriageReturn(bytes: Uint8Array, start: number, end: number): number {
  return end > start && bytes[end - 1] === CR ? end - 1 : end;
}

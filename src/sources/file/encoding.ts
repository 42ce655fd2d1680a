/** Decodes the text of a file whose encoding is not known. */

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const CR = 13;

/** A line that is valid UTF-8 is read as UTF-8, any other as latin-1. Each line decides alone, so reading may start at any line. */
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

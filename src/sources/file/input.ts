/** The bytes of a file or of standard input: gzip is decompressed, and a format that can't hold orders is refused. */
import { constants, createReadStream } from 'node:fs';
import { access, open, realpath, stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { AlakazamError, reasonOf } from '../../errors.js';

export interface Input {
  /** For people. */
  readonly name: string;
  /** Path of the file, with links resolved; undefined for standard input. */
  readonly path: string | undefined;
  /** True if the input can be read again. */
  readonly isSeekable: boolean;
  /** The first bytes, decompressed: enough for a header and a line. */
  readonly head: Buffer;
  /**
   * Its bytes from `offset` (decompressed), then 'end'. 'pause' means that no byte has arrived for a while. A chunk is valid
   * until the next one is requested, which may use the same memory.
   */
  chunks(offset: number): AsyncIterable<Buffer | 'pause' | 'end'>;
}

const HEAD_BYTES = 1 << 20;
const CHUNK_BYTES = 1 << 18;
/** Bytes that have arrived wait no longer than this for further bytes. */
const PAUSE_MS = 50;
const LF = 10;

/** Throws an `AlakazamError` if the path does not exist, is no file, is not readable, or is neither CSV nor gzipped CSV. */
export async function openInput(path: string, stdin?: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<Input> {
  return path === '-' ? openPipe(stdin) : openFile(path, signal);
}

async function openFile(path: string, signal: AbortSignal | undefined): Promise<Input> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new AlakazamError('failed', `${path} is a directory; --source takes a file`);
    if (!found.isFile()) {
      await access(path, constants.R_OK);
      const { readWaitingFile } = await import('./waiting-file.js');
      return await openPipe(readWaitingFile(path, signal));
    }
    const real = await realpath(path);
    const isGzip = isCompressed(await headOf(createReadStream(path, { end: 1 })));
    const head = await headOf(decoded(path, isGzip, 0));
    refuseOtherFormats(path, head);
    return {
      name: path,
      path: real,
      isSeekable: true,
      head,
      async *chunks(offset) {
        try {
          yield* decoded(path, isGzip, offset);
        } catch (error) {
          throw unreadable(path, error);
        }
        yield 'end';
      },
    };
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function* decoded(path: string, isGzip: boolean, offset: number): AsyncGenerator<Buffer> {
  if (!isGzip) {
    yield* plain(path, offset);
    return;
  }
  yield* skip(path, unzipped(createReadStream(path)), offset);
}

/**
 * Decompresses one part at a time and yields all of it before the next part. If the file is cut off or damaged, the bytes
 * before the damaged part are yielded before the error is thrown.
 */
async function* unzipped(compressed: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  let ready: Buffer[] = [];
  let fault: Error | undefined;
  gunzip.on('data', (chunk: Buffer) => ready.push(chunk));
  const failed = new Promise<void>((resolve) => {
    gunzip.once('error', (error) => {
      fault = error;
      resolve();
    });
  });
  async function* taken(): AsyncGenerator<Buffer> {
    const chunks = ready;
    ready = [];
    yield* chunks;
    if (fault) throw fault;
  }
  // zlib ends by itself where zeros pad the file, and then calls no callback.
  let isEnded = false;
  const ended = new Promise<void>((resolve) => {
    gunzip.once('end', () => {
      isEnded = true;
      resolve();
    });
  });
  for await (const part of compressed) {
    await Promise.race([failed, ended, new Promise((resolve) => gunzip.write(part, resolve))]);
    yield* taken();
    if (isEnded) return;
  }
  gunzip.end();
  await Promise.race([failed, ended]);
  yield* taken();
}

/** The bytes of a file, all in the same buffer. */
async function* plain(path: string, offset: number): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (offset > size) throw shorter(path, offset, size);
    const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    for (let position = offset; ; ) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** The first `HEAD_BYTES` bytes of an input. A fault after these bytes is not an error yet. */
async function headOf(bytes: AsyncIterable<Buffer>): Promise<Buffer> {
  const content = peekable(bytes);
  const head = await content.peek(HEAD_BYTES);
  await content.close();
  return head;
}

/** Reads standard input. It looks at the first bytes to find out the format, and buffers no others. */
async function openPipe(stdin?: AsyncIterable<Uint8Array>): Promise<Input> {
  if (!stdin) throw new AlakazamError('usage', 'there is no standard input to read');
  const name = 'standard input';
  const raw = peekable(stdin);
  const isGzip = isCompressed(await raw.peek(2));
  const content = isGzip ? peekable(unzipped(raw.rest())) : raw;
  const head = await content.peek(HEAD_BYTES).catch((error: unknown) => {
    throw unreadable(name, error);
  });
  refuseOtherFormats(name, head);
  return {
    name,
    path: undefined,
    isSeekable: false,
    head,
    async *chunks(offset) {
      try {
        yield* withPauses(skip(name, content.rest(), offset));
      } catch (error) {
        throw unreadable(name, error);
      }
      yield 'end';
    },
  };
}

interface Peekable {
  /** Its first `bytes` bytes, or fewer if a line has ended or there are no more. */
  peek(bytes: number): Promise<Buffer>;
  rest(): AsyncGenerator<Buffer>;
  close(): Promise<void>;
}

function peekable(bytes: AsyncIterable<Uint8Array>): Peekable {
  const from = bytes[Symbol.asyncIterator]();
  let peeked: Buffer = Buffer.alloc(0);
  /** An error that occurred while the first bytes were read. It is thrown when the reader comes to that place. */
  let fault: { error: unknown } | undefined;
  return {
    async peek(length) {
      while (peeked.length < length && !(length > 2 && peeked.indexOf(LF, peeked.indexOf(LF) + 1) > 0)) {
        const next = await from.next().catch((error: unknown) => {
          fault = { error };
          return { done: true as const, value: undefined };
        });
        if (next.done) break;
        peeked = Buffer.concat([peeked, next.value]);
      }
      if (fault && peeked.length === 0) throw fault.error;
      return peeked;
    },
    async *rest() {
      if (peeked.length > 0) yield peeked;
      if (fault) throw fault.error;
      for (let next = await from.next(); !next.done; next = await from.next()) yield asBuffer(next.value);
    },
    async close() {
      await from.return?.();
    },
  };
}

function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

async function* withPauses(bytes: AsyncGenerator<Buffer>): AsyncGenerator<Buffer | 'pause'> {
  for (;;) {
    const next = bytes.next();
    if (await isLate(next)) yield 'pause';
    const { done, value } = await next;
    if (done) return;
    yield value;
  }
}

async function isLate(next: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, PAUSE_MS, true);
  });
  const done = next.then(
    () => false,
    () => false,
  );
  try {
    return await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function* skip(name: string, bytes: AsyncIterable<Buffer>, offset: number): AsyncGenerator<Buffer> {
  let left = offset;
  for await (const chunk of bytes) {
    if (left >= chunk.length) left -= chunk.length;
    else {
      yield left > 0 ? chunk.subarray(left) : chunk;
      left = 0;
    }
  }
  if (left > 0) throw shorter(name, offset, offset - left);
}

function isCompressed(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function refuseOtherFormats(name: string, bytes: Buffer): void {
  const [a, b] = bytes;
  const hasUtf16Mark = (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff);
  if (hasUtf16Mark || (a !== undefined && b === 0) || (a === 0 && b !== undefined && b !== 0)) {
    throw new AlakazamError('failed', `${name} is in UTF-16; orders are read in UTF-8 or latin-1`, {
      hint: `iconv -f UTF-16 -t UTF-8 ${name === 'standard input' ? '' : name} | alakazam generate --source -`,
    });
  }
  if (a === 0x50 && b === 0x4b) {
    throw new AlakazamError('failed', `${name} is a workbook or a zip archive, not CSV`, {
      hint: 'save its sheet as CSV, or unzip it, and give that file to --source',
    });
  }
}

function shorter(name: string, offset: number, size: number): AlakazamError {
  return new AlakazamError(
    'failed',
    `${name} has ${size} bytes, but was read up to byte ${offset} before: it was cut since`,
    {
      hint: 'read it again with --from start',
    },
  );
}

const SYSTEM_REASONS: Record<string, string> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of its path is not a directory',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
  EISDIR: 'it is a directory',
  Z_BUF_ERROR: 'the compressed file ends in the middle; what came before that was taken',
  Z_DATA_ERROR: 'the compressed file is damaged; what came before that was taken',
};

function unreadable(name: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof AlakazamError || code === undefined) return error;
  return new AlakazamError(
    code === 'EACCES' || code === 'EPERM' ? 'access' : 'failed',
    `can't read ${name}: ${SYSTEM_REASONS[code] ?? reasonOf(error)}`,
    {
      cause: error,
    },
  );
}

/** A proxy before an emulator that answers as AWS does when something is wrong. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { emulatorEnvironment } from './environment.js';
import type { Server as Emulator } from './server.js';

// biome-ignore lint/suspicious/noExplicitAny: bodies of every service
type Body = any;

export interface Answer {
  readonly status: number;
  readonly body: Body;
}

export interface Call {
  /** `PutRecords`; of a service without actions, `GET /path` */
  readonly action: string;
  readonly body: Body;
  /** Counts the calls of this action, from 1, since the fault was set. */
  readonly number: number;
  readonly userAgent: string;
  /** Sends it on, with another body if one is given. */
  forward(body?: Body): Promise<Answer>;
}

/** 'cut' ends the connection before anything was done, 'cut answer' in the middle of the answer to what was. */
export type Fault = (call: Call) => Answer | 'cut' | 'cut answer' | undefined | Promise<Answer | undefined>;

export interface FaultProxy {
  readonly url: string;
  /** How often each action was called since the fault was set. */
  readonly calls: ReadonlyMap<string, number>;
  /** What happens to calls until the end of the test; undefined lets a call pass. */
  fault(fault: Fault): void;
}

/** Starts before the tests of the file, after the emulator, and takes its place in the environment. */
export function useFaultProxy(emulator: Emulator): FaultProxy {
  let server: Server;
  let url = '';
  let fault: Fault = () => undefined;
  const calls = new Map<string, number>();

  async function answer(request: IncomingMessage, text: string, response: ServerResponse) {
    const headers = Object.fromEntries(
      Object.entries(request.headers)
        .filter(([name]) => !['host', 'connection', 'content-length', 'transfer-encoding'].includes(name))
        .map(([name, value]) => [name, String(value)]),
    );
    const target = headers['x-amz-target']?.split('.').at(-1);
    const action = target ?? new URLSearchParams(text).get('Action') ?? `${request.method} ${request.url}`;
    const number = (calls.get(action) ?? 0) + 1;
    calls.set(action, number);
    const body = text.startsWith('{') ? JSON.parse(text) : text;
    const forward = async (changed: Body = body): Promise<Answer> => {
      const method = request.method ?? 'POST';
      const sent = await fetch(emulator.url + request.url, {
        method,
        headers,
        ...(method === 'GET' || method === 'HEAD'
          ? {}
          : { body: typeof changed === 'string' ? changed : JSON.stringify(changed) }),
      });
      const answered = await sent.text();
      return { status: sent.status, body: answered.startsWith('{') ? JSON.parse(answered) : answered };
    };
    const found = await fault({ action, body, number, userAgent: headers['user-agent'] ?? '', forward });
    if (found === 'cut') {
      response.destroy();
      return;
    }
    const { status, body: said } = typeof found === 'object' ? found : await forward();
    const bytes = Buffer.from(typeof said === 'string' ? said : JSON.stringify(said));
    const isJson = typeof said !== 'string';
    response.writeHead(status, {
      'content-type': isJson ? (headers['content-type'] ?? 'application/x-amz-json-1.1') : 'text/xml',
      'content-length': bytes.length,
      ...(isJson && status >= 400 ? { 'x-amzn-errortype': said.__type } : {}),
    });
    if (found !== 'cut answer') {
      response.end(bytes);
      return;
    }
    response.write(bytes.subarray(0, bytes.length / 2));
    setTimeout(() => response.destroy(), 5);
  }

  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        answer(request, text, response).catch(() => response.destroy());
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    Object.assign(process.env, emulatorEnvironment(url));
  });
  afterEach(() => {
    fault = () => undefined;
    calls.clear();
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  return {
    get url() {
      return url;
    },
    calls,
    fault(next) {
      fault = next;
      calls.clear();
    },
  };
}

/** An error as services with a JSON protocol send it. */
export function refusal(type: string, message = type, status = 400): Answer {
  return { status, body: { __type: type, message, Message: message } };
}

/** PutRecords that refuses some of its records, as the API documents it. */
export async function refuseSome(
  { body, forward }: Call,
  isRefused: (data: string, i: number) => boolean,
  code = 'ProvisionedThroughputExceededException',
): Promise<Answer> {
  const records: { Data: string }[] = body.Records;
  const refused = records.map(({ Data }, i) => isRefused(Buffer.from(Data, 'base64').toString(), i));
  const kept = records.filter((_, i) => !refused[i]);
  const taken = kept.length > 0 ? (await forward({ ...body, Records: kept })).body.Records : [];
  const Records = refused.map((is) => {
    return is ? { ErrorCode: code, ErrorMessage: 'Rate exceeded for shard shardId-000000000000' } : taken.shift();
  });
  return { status: 200, body: { FailedRecordCount: refused.filter(Boolean).length, Records } };
}

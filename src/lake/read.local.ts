/** Reads the lake: its tables, its orders, what it holds. Nobody who writes waits for a reader. */
import type { Database } from '../engines/duckdb/database.js';
import type { OrderBlock } from '../orders/order-block.js';
import { IDENTITY } from './batch.local.js';
import { exportOrders } from './export.local.js';
import type { Lake, LakeMonth, LakeStatus } from './lake.js';
import { blockOfRows, LAKE_LINE } from './lake-line.js';
import { type Manifest, readManifest } from './manifest.local.js';
import { inOrder, totalOf } from './months.js';
import { openTables } from './tables.local.js';

export interface LakeReading {
  readonly directory: string;
  readonly engine: () => Promise<Database>;
  /** Ends what DuckDB does. */
  interrupt(): void;
}

type Reads = Pick<Lake, 'export' | 'status' | 'tables' | 'all' | 'replacing'>;

export function readLake({ directory, engine, interrupt }: LakeReading): Reads {
  /** The engine with the tables as they are now, which stay until `release`. */
  async function open() {
    const { views, release } = openTables(directory);
    try {
      const database = await engine();
      await database.run(views);
      return { database, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  async function* lines(from: string): AsyncGenerator<OrderBlock> {
    const { database, release } = await open();
    try {
      if (isOfLongOrders(readManifest(directory))) await database.spareMemory();
      for await (const rows of database.stream(`SELECT ${LAKE_LINE} ${from}`)) yield blockOfRows(rows);
    } finally {
      release();
    }
  }

  return {
    async export(to, { signal } = {}) {
      const { database, release } = await open();
      signal?.addEventListener('abort', interrupt);
      try {
        return signal?.aborted ? 0 : await exportOrders(database, to);
      } catch (error) {
        if (!signal?.aborted) throw error;
        return 0;
      } finally {
        signal?.removeEventListener('abort', interrupt);
        release();
      }
    },
    status: async () => statusOf(directory, readManifest(directory)),
    tables: () => openTables(directory),
    all: (sinceMs = 0) => lines(`FROM orders WHERE arrived_at >= make_timestamp(${sinceMs} * 1000)`),
    replacing: () =>
      lines(`FROM orders SEMI JOIN (FROM order_arrivals ANTI JOIN orders USING (sequence)) USING (${IDENTITY})`),
  };
}

/** Bytes of an order in a file; an ordinary one takes about 12. */
const LONG_ORDER_BYTES = 1024;

/** Rows that were given can't be taken back, so who gives them can't begin again when memory is not enough. */
function isOfLongOrders({ files }: Manifest): boolean {
  return files.some(({ bytes, rows }) => rows > 9 && bytes / rows > LONG_ORDER_BYTES);
}

function statusOf(place: string, { files, replaced }: Manifest): LakeStatus {
  const months = new Map<string, LakeMonth>();
  for (const { month, rows, bytes } of files) {
    const so = months.get(month) ?? { month, arrivals: 0, files: 0, bytes: 0 };
    months.set(month, { month, arrivals: so.arrivals + rows, files: so.files + 1, bytes: so.bytes + bytes });
  }
  return {
    place,
    arrivals: totalOf(files.map(({ rows }) => rows)),
    replaced: totalOf(replaced.map(({ rows }) => rows)),
    bytes: totalOf([...files, ...replaced].map(({ bytes }) => bytes)),
    months: inOrder(months.values()),
  };
}

/** The embedded target: everything in one directory, no account and no server. */
import { join } from 'node:path';
import type { Config } from '../config.js';
import { stampOf } from '../engines/lmdb/file.js';
import type { LocalStore } from '../engines/lmdb/store.js';
import { AlakazamError } from '../errors.js';
import { ANSWERS, lakeFolder } from '../lake/folder.local.js';
import { freshVersion } from '../lake/freshness.local.js';
import type { Lake, UpdateOptions } from '../lake/lake.js';
import { spillPath } from '../lake/spill.local.js';
import { localLakeStage } from '../lake/stage.local.js';
import { notLinked } from '../no-links.js';
import { trackOpenings } from '../once.js';
import type { OrderHistory } from '../order-history/history.js';
import { localHistoryStage } from '../order-history/stage.local.js';
import type { Target } from '../pipeline.js';
import { openModelStore } from '../product-recommendations/model-store.local.js';
import type { Recommender } from '../product-recommendations/recommender.js';
import { localRecommendationStage } from '../product-recommendations/stage.local.js';
import type { LocalAlarm } from '../rate-alarm/alarm.local.js';
import { localAlarmStage } from '../rate-alarm/stage.local.js';
import type { NumberedStream } from '../stream/numbered-stream.js';
import { localStreamStage } from '../stream/stage.local.js';
import type { Waiting } from '../waiting.js';
import type { Warehouse } from '../warehouse/warehouse.js';

export const local: Target = (config, clock, waiting) => {
  const home = config.get('home') as string;
  const { once, close } = trackOpenings();

  // LMDB and DuckDB are loaded by what needs them: a question that was asked before needs neither.
  const stream = once(async () => {
    const [{ openStore }, { BOOKMARK_STORE, openBookmarks }, { openLocalStream, STREAM_STORE }] = await Promise.all([
      import('../engines/lmdb/store.js'),
      import('../stream/bookmarks.lmdb.js'),
      import('../stream/stream.local.js'),
    ]);
    // One store, so that one transaction writes orders and bookmarks.
    const tables = [...STREAM_STORE.tables, ...BOOKMARK_STORE.tables];
    const store = openStore(home, 'stream', { ...STREAM_STORE, tables }, waiting);
    return openLocalStream(store, openBookmarks(store), clock);
  });
  const history = once(async () => {
    const [{ openStore }, { HISTORY_STORE, openLocalHistory }] = await Promise.all([
      import('../engines/lmdb/store.js'),
      import('../order-history/history.local.js'),
    ]);
    return openLocalHistory(openStore(home, 'history', HISTORY_STORE, waiting), await stream());
  });
  const lake = once(async () => {
    const { openLocalLake } = await import('../lake/lake.local.js');
    const directory = lakeFolder(home);
    return openLocalLake(directory, { stream: await stream(), openLock: () => openLock(directory, waiting), waiting });
  });
  const alarm = once(async () => openAlarm({ config, stream: await stream(), clock, waiting }));
  const warehouse = once(() => openWarehouse(home, lake));
  const modelLock = once(() => openLock(modelFolder(home), waiting));
  const models = () => openModels(home, { lake, modelLock });
  const recommender = once(() => openRecommender(home, { lake, history, models, clock }));

  return {
    stream,
    bookmarks: async () => (await stream()).bookmarks,
    history,
    lake,
    recommender,
    alarm,
    async warehouse(engine = 'duckdb') {
      if (engine === 'duckdb') return warehouse();
      throw new AlakazamError('usage', `engine is ${JSON.stringify(engine)}; valid on the local target: duckdb`, {
        hint: '--target aws has others: athena, redshift',
      });
    },
    stages: [
      localStreamStage(stream),
      localHistoryStage(history),
      localAlarmStage(alarm),
      localLakeStage(lake),
      localRecommendationStage(async () => models(), clock),
      { name: 'warehouse', clear: async () => (await keptAnswers(home)).forget() },
    ],
    place: home,
    async *checks() {
      const { checkHome } = await import('../engines/lmdb/home.js');
      yield* checkHome(home);
    },
    stack: async () => {
      throw new AlakazamError('failed', `the local target has no stack: all of it is in ${home}`, {
        hint: 'alakazam deploy, without --target local',
      });
    },
    close,
  };
};

/** What the lake holds and whether that is everything, found without LMDB and DuckDB where it can be. */
function findLake(home: string, lake: () => Promise<Lake>) {
  const directory = lakeFolder(home);
  const knownVersion = () => freshVersion(directory, stampOf(join(home, 'stream.mdb')));
  return {
    knownVersion,
    async currentTables(options: UpdateOptions) {
      const { currentTables } = await import('../lake/current-tables.local.js');
      return currentTables(directory, knownVersion, lake)(options);
    },
    spillTo: () => spillPath(directory),
  };
}

interface AlarmSources {
  readonly config: Config;
  readonly stream: NumberedStream;
  readonly clock: () => number;
  readonly waiting: Waiting | undefined;
}

async function openAlarm({ config, stream, clock, waiting }: AlarmSources): Promise<LocalAlarm> {
  const [{ openStore }, { openLocalAlarm }, { ALARM_STORE }, { alarmSettings }, { notifiersOf }] = await Promise.all([
    import('../engines/lmdb/store.js'),
    import('../rate-alarm/alarm.local.js'),
    import('../rate-alarm/stored-alarm.local.js'),
    import('../rate-alarm/read-settings.js'),
    import('../rate-alarm/notifiers.local.js'),
  ]);
  const home = config.get('home') as string;
  const settings = alarmSettings(config);
  const store = openStore(home, 'alarm', ALARM_STORE, waiting);
  return openLocalAlarm({ store, stream, config: settings, notifiers: notifiersOf(settings), place: home, clock });
}

/** The lock of the process that writes this directory. */
async function openLock(directory: string, waiting: Waiting | undefined): Promise<LocalStore> {
  const [{ openStore }, { LOCK_STORE }] = await Promise.all([
    import('../engines/lmdb/store.js'),
    import('../engines/lmdb/writer-lock.js'),
  ]);
  return openStore(directory, 'writer', LOCK_STORE, waiting);
}

interface Sources {
  readonly lake: () => Promise<Lake>;
  readonly history: () => Promise<OrderHistory>;
  readonly models: () => ReturnType<typeof openModels>;
  readonly clock: () => number;
}

interface ModelSources {
  readonly lake: () => Promise<Lake>;
  readonly modelLock: () => Promise<LocalStore>;
}

function openModels(home: string, { lake, modelLock }: ModelSources) {
  return { store: openModelStore(modelFolder(home), modelLock), knownVersion: findLake(home, lake).knownVersion };
}

/** Where models lie. Throws an `AlakazamError` if that is a link. */
function modelFolder(home: string): string {
  return notLinked(join(home, 'models'));
}

/** DuckDB and LMDB are loaded where the model does not know all orders. */
async function openRecommender(home: string, { lake, history, models, clock }: Sources): Promise<Recommender> {
  const { openRecommenderByEngine } = await import('../product-recommendations/recommender-by-engine.local.js');
  const found = findLake(home, lake);
  const shared = { ...models(), history, clock };
  return openRecommenderByEngine({
    ...shared,
    async source() {
      const { openLakePurchases } = await import('../product-recommendations/lake-purchases.local.js');
      return openLakePurchases({ ...found, clock });
    },
    async spark() {
      const { openSparkRecommender } = await import('../product-recommendations/spark-recommender.local.js');
      return openSparkRecommender({ ...shared, ...found });
    },
  });
}

/** DuckDB and LMDB are loaded by a question that was not asked before. */
async function openWarehouse(home: string, lake: () => Promise<Lake>): Promise<Warehouse> {
  const [{ openDuckDbWarehouse }, answers] = await Promise.all([
    import('../warehouse/warehouse.duckdb.js'),
    keptAnswers(home),
  ]);
  return openDuckDbWarehouse({ ...findLake(home, lake), answers });
}

async function keptAnswers(home: string) {
  const { openKeptAnswers } = await import('../warehouse/kept-answers.duckdb.js');
  return openKeptAnswers(join(lakeFolder(home), ANSWERS));
}

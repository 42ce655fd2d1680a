/** The pipeline in the user's own AWS account: the parts of one stack, which `alakazam deploy` creates. */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { assetOf } from '../assets.js';
import { type AwsSession, openSession } from '../engines/aws/session.js';
import { AlakazamError } from '../errors.js';
import { FIRST_MONTH, LAKE_BUCKET, LAKE_DELIVERY, LAKE_PREFIX } from '../lake/resources.js';
import { awsLakeStage } from '../lake/stage.aws.js';
import { trackOpenings } from '../once.js';
import type { OrderHistory } from '../order-history/history.js';
import { HISTORY_INDEX_TABLE, HISTORY_TABLE } from '../order-history/resources.js';
import { awsHistoryStage } from '../order-history/stage.aws.js';
import type { Target } from '../pipeline.js';
import type { Recommender } from '../product-recommendations/recommender.js';
import { RECOMMENDATIONS_PREFIX, TRAINING_APPLICATION, WITH_TRAINING } from '../product-recommendations/resources.js';
import { awsRecommendationStage } from '../product-recommendations/stage.aws.js';
import type { RateAlarm } from '../rate-alarm/alarm.js';
import { SURGE_TABLE, WITH_RATE_ALARM } from '../rate-alarm/resources.js';
import { refuseFlags } from '../rate-alarm/stack-settings.js';
import { awsAlarmStage } from '../rate-alarm/stage.aws.js';
import type { Resources } from '../stack/resource-names.js';
import { findResources } from '../stack/resources.aws.js';
import { PARTS } from '../stack-parts.js';
import type { ArrivalLog } from '../stream/kinesis/arrived-orders.js';
import { ORDERS_STREAM } from '../stream/resources.js';
import { awsStreamStage } from '../stream/stage.aws.js';
import {
  ATHENA_WORK_GROUP,
  GLUE_DATABASE,
  REDSHIFT_DATABASE,
  REDSHIFT_NAMESPACE,
  REDSHIFT_WORKGROUP,
} from '../warehouse/resources.js';
import { awsWarehouseStage } from '../warehouse/stage.aws.js';

const WITH_REDSHIFT = 'alakazam deploy --with redshift';

/** A driver and its engine are loaded when they are first used: a command that asks one service loads one client. */
export const aws: Target = (config, clock, waiting) => {
  refuseFlags(config);
  const home = config.get('home') as string;
  const session = openSession(config.get('stack') as string);
  const resources = findResources(session);
  const { nameOf } = resources;
  const { once, close } = trackOpenings();

  const stream = once(async () => {
    const [{ openAwsStream }, { BOOKMARK_STORE, openBookmarks }, { openStore }, name] = await Promise.all([
      import('../stream/stream.aws.js'),
      import('../stream/bookmarks.lmdb.js'),
      import('../engines/lmdb/store.js'),
      nameOf(ORDERS_STREAM),
    ]);
    return openAwsStream({
      session,
      name,
      clock,
      openBookmarks(identity) {
        const hash = createHash('sha256').update(identity).digest('hex').slice(0, 16);
        const store = openStore(join(home, 'aws'), hash, BOOKMARK_STORE, waiting);
        return { store, bookmarks: openBookmarks(store) };
      },
    });
  });

  const history = once(async () => {
    const [{ openAwsHistory }, table, index] = await Promise.all([
      import('../order-history/history.aws.js'),
      nameOf(HISTORY_TABLE),
      nameOf(HISTORY_INDEX_TABLE),
    ]);
    return openAwsHistory({
      session,
      table,
      index,
      clock,
      arrivals,
      async changes() {
        const { openChanges } = await import('../order-history/dynamodb/changes.aws.js');
        return openChanges(session, table);
      },
    });
  });

  const { athena, freshAthena, redshift } = openWarehouses(session, nameOf, once);

  const lake = once(async () => {
    const [{ openAwsLake }, { describeDelivery }, bucket, delivery, firstMonth] = await Promise.all([
      import('../lake/lake.aws.js'),
      import('../lake/delivery.aws.js'),
      nameOf(LAKE_BUCKET),
      nameOf(LAKE_DELIVERY),
      nameOf(FIRST_MONTH),
    ]);
    const fresh = await freshAthena();
    return openAwsLake({
      session,
      bucket,
      firstMonth,
      clock,
      ask: (sql, signal) => fresh.ask({ sql, values: [] }, { signal }),
      delivery: () => describeDelivery(session, delivery),
      arrivals,
      streamCreatedMs: streamCreated,
      heldSinceMs: async () => (await stream()).heldSinceMs(),
    });
  });

  const recommender = once(() =>
    openRecommender({ session, resources, history, standing: config.get('cluster'), clock }),
  );

  const alarm = once(() => openAlarm(session, resources, arrivals, clock));

  const stack = once(async () => {
    const [{ openAwsStack }, { readAssets }, { shardLimits }, { quicksightIsReady }, { alarmDeployment }] =
      await Promise.all([
        import('../stack/stack.aws.js'),
        import('../stack/assets.js'),
        import('../stream/shard-limits.aws.js'),
        import('../warehouse/quicksight.aws.js'),
        import('../rate-alarm/deployment.aws.js'),
      ]);
    const assets = readAssets(assetOf('dist/stack/'), PARTS);
    const { fits, uploads, starts } = alarmDeployment(session, join(home, 'flink'), clock);
    const checks = [shardLimits(session), quicksightIsReady(session), fits];
    return openAwsStack({ session, assets, clock, checks, uploads, starts });
  });

  async function arrivals() {
    const { openArrivals } = await import('../stream/kinesis/arrivals.aws.js');
    return openArrivals(session, await nameOf(ORDERS_STREAM));
  }

  async function streamCreated(): Promise<number> {
    const { streamCreatedMs } = await import('../stream/created.aws.js');
    return streamCreatedMs(session, await nameOf(ORDERS_STREAM));
  }

  return {
    stream,
    bookmarks: async () => (await stream()).bookmarks,
    history,
    lake,
    async warehouse(engine = 'athena') {
      if (engine === 'athena') return athena();
      if (engine === 'redshift') return redshift();
      throw new AlakazamError(
        'usage',
        `engine is ${JSON.stringify(engine)}; valid on the aws target: athena, redshift`,
      );
    },
    recommender,
    alarm,
    stack,
    stages: [
      awsStreamStage(session, resources, stream),
      awsHistoryStage(session, resources, history, streamCreated),
      awsLakeStage(session, resources, lake),
      awsWarehouseStage(session, resources, async (type, id) => {
        const { probe } = await import('../stack/probes.aws.js');
        return probe(session, { name: '', type, id }, '');
      }),
      awsRecommendationStage(resources, recommender, clock),
      awsAlarmStage(session, resources, clock),
    ],
    place: `stack ${session.stack}`,
    async *checks() {
      const [{ stackChecks }, { readModel }] = await Promise.all([
        import('../stack/checks.aws.js'),
        import('../stack/assets.js'),
      ]);
      yield* stackChecks(session, resources, readModel(assetOf('dist/stack/'), PARTS));
    },
    async close() {
      await close();
      session.close();
    },
  };
};

/** The warehouses of a stack. Of Athena there are two: one may answer with what it found some minutes ago, one may not. */
function openWarehouses(
  session: AwsSession,
  nameOf: ReturnType<typeof findResources>['nameOf'],
  once: ReturnType<typeof trackOpenings>['once'],
) {
  async function openAthena({ isFresh }: { readonly isFresh: boolean }) {
    const [{ openAthenaWarehouse }, price, workGroup, database] = await Promise.all([
      import('../warehouse/warehouse.athena.js'),
      priceOf('AWS::Athena::WorkGroup', 'TB'),
      nameOf(ATHENA_WORK_GROUP),
      nameOf(GLUE_DATABASE),
    ]);
    return openAthenaWarehouse({ session, workGroup, database, isFresh, price });
  }

  async function openRedshift() {
    const [{ openRedshiftWarehouse }, price, workgroup, namespace, glueDatabase] = await Promise.all([
      import('../warehouse/warehouse.redshift.js'),
      priceOf('AWS::RedshiftServerless::Workgroup', 'RPU-hour'),
      nameOf(REDSHIFT_WORKGROUP, WITH_REDSHIFT),
      nameOf(REDSHIFT_NAMESPACE, WITH_REDSHIFT),
      nameOf(GLUE_DATABASE),
    ]);
    const names = { workgroup, namespace, database: REDSHIFT_DATABASE, glueDatabase };
    return openRedshiftWarehouse({ session, ...names, price });
  }

  return {
    athena: once(() => openAthena({ isFresh: false })),
    freshAthena: once(() => openAthena({ isFresh: true })),
    redshift: once(openRedshift),
  };
}

interface RecommenderParts {
  readonly session: AwsSession;
  readonly resources: Resources;
  readonly history: () => Promise<OrderHistory>;
  /** Id of the cluster that was named to train on, if one was. */
  readonly standing: string | undefined;
  readonly clock: () => number;
}

/** Whoever asks for recommendations needs none of what trains. */
async function openRecommender({
  session,
  resources,
  history,
  standing,
  clock,
}: RecommenderParts): Promise<Recommender> {
  const [{ openAwsRecommender }, { s3RunFiles }, bucket] = await Promise.all([
    import('../product-recommendations/recommender.aws.js'),
    import('../product-recommendations/run-files.aws.js'),
    resources.nameOf(LAKE_BUCKET),
  ]);
  const files = s3RunFiles(session, bucket, RECOMMENDATIONS_PREFIX);

  async function training() {
    const [{ openAwsTraining }, { openTrainingJobs }, application, { outputs }, node, processor, memory] =
      await Promise.all([
        import('../product-recommendations/train.aws.js'),
        import('../product-recommendations/training-jobs.aws.js'),
        resources.nameOf(TRAINING_APPLICATION, WITH_TRAINING),
        resources.stack(),
        priceOf('AWS::EMR::Cluster', 'node-hour'),
        priceOf('AWS::EMRServerless::Application', 'vCPU-hour on arm64'),
        priceOf('AWS::EMRServerless::Application', 'GB-hour on arm64'),
      ]);
    const logs = `${files.place}logs/`;
    const prices = { node, processor, memory };
    const jobs = openTrainingJobs({ session, application, outputs, logs, prices, standing, clock });
    return openAwsTraining({ session, bucket, orders: LAKE_PREFIX, prefix: RECOMMENDATIONS_PREFIX, files, ...jobs });
  }

  return openAwsRecommender({ files, history, training, clock });
}

/** A stack without the part has no settings of an alarm, and nothing that looks for surges. */
async function openAlarm(
  session: AwsSession,
  resources: Resources,
  log: () => Promise<ArrivalLog>,
  clock: () => number,
): Promise<RateAlarm> {
  const [{ openAwsAlarm }, { openKeptEpisodes }, { openAlarmTopic }, { stackSettings }, { readShares }] =
    await Promise.all([
      import('../rate-alarm/alarm.aws.js'),
      import('../rate-alarm/kept-episodes.dynamodb.js'),
      import('../rate-alarm/alarm-topic.aws.js'),
      import('../rate-alarm/stack-settings.js'),
      import('../rate-alarm/read-shares.aws.js'),
    ]);
  const { outputs } = await resources.stack();
  if (!outputs.has('RateThreshold')) {
    throw new AlakazamError('failed', `stack ${JSON.stringify(session.stack)} has no rate alarm`, {
      hint: `${WITH_RATE_ALARM}; alakazam alarm --target local has one too`,
    });
  }
  const config = stackSettings((name) => outputs.get(name));
  return openAwsAlarm({
    config,
    sharesOf: (episode) => readShares(episode, { log, windowMs: config.windowMs }),
    episodes: openKeptEpisodes(session, await resources.nameOf(SURGE_TABLE)),
    topic: openAlarmTopic(session, outputs.get('AlarmTopicArn') as string, clock),
    ...{ log, place: `stack ${session.stack}`, clock },
  });
}

async function priceOf(type: string, unit: string) {
  const { readPrices } = await import('../stack/assets.js');
  const { prices, region, asOf } = readPrices(assetOf('dist/stack/'));
  return { perUnit: prices[type]?.[unit] as number, region, asOf };
}

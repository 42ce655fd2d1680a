import { testStream } from '../order-history/stream.contract.js';
import { useMiniStack } from './ministack.js';
import { handlesOn, makeParts } from './order-history.js';

useMiniStack();

testStream('Kinesis, one shard', async () => handlesOn(await makeParts()));
testStream('Kinesis, four shards', async () => handlesOn(await makeParts({ shards: 4 })));

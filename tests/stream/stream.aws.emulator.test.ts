import { useMiniStack } from '../emulators/ministack.js';
import { handlesOn, makeParts } from '../emulators/order-history.js';
import { testStream } from './stream.contract.js';

useMiniStack({ stacks: false });

testStream('Kinesis, one shard', async () => handlesOn(await makeParts()));
testStream('Kinesis, four shards', async () => handlesOn(await makeParts({ shards: 4 })));

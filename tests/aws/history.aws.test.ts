import { testHistory } from '../order-history/history.contract.js';
import { useMiniStack } from './ministack.js';
import { deployFunction, handlesOn, makeParts } from './order-history.js';

useMiniStack();

testHistory('DynamoDB', async () => {
  const parts = await makeParts();
  await deployFunction(parts);
  return handlesOn(parts);
});

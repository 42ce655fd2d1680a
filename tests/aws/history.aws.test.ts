import { testHistory } from '../order-history/history.contract.js';
import { useMiniStack } from './ministack.js';
import { handlesOn, makeParts, useFunction } from './order-history.js';

useMiniStack();
const processOrders = useFunction();

testHistory('DynamoDB', async () => {
  const parts = await makeParts();
  await processOrders.deploy(parts);
  return handlesOn(parts);
});

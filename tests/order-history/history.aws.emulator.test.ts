import { useMiniStack } from '../emulators/ministack.js';
import { deployFunction, handlesOn, makeParts } from '../emulators/order-history.js';
import { testHistory } from './history.contract.js';

useMiniStack({ stacks: false });

testHistory('DynamoDB', async () => {
  const parts = await makeParts();
  await deployFunction(parts);
  return handlesOn(parts);
});

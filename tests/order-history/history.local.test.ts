import { testHistory } from './history.contract.js';
import { localFixture } from './local-fixture.js';

testHistory('local', localFixture);

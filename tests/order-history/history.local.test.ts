import { localFixture } from '../stream/local-fixture.js';
import { testHistory } from './history.contract.js';

testHistory('local', localFixture);

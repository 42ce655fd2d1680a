import { localFixture } from '../fixtures/local-pipeline.js';
import { testHistory } from './history.contract.js';

testHistory('local', localFixture);

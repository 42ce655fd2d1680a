import { localFixture } from '../fixtures/local-pipeline.js';
import { testStream } from './stream.contract.js';

testStream('local', localFixture, { isTotalOrder: true });

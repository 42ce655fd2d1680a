import { localFixture } from './local-fixture.js';
import { testStream } from './stream.contract.js';

testStream('local', localFixture, { isTotalOrder: true });

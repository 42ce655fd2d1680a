import { openKeptEpisodes } from '../../src/rate-alarm/kept-episodes.dynamodb.js';
import { useMiniStack } from '../emulators/ministack.js';
import { testKeptEpisodes } from './kept-episodes.contract.js';
import { keptInMemory } from './kept-in-memory.js';
import { emulated, makeEpisodesTable } from './rate-alarm-parts.js';

useMiniStack({ stacks: false });

testKeptEpisodes('DynamoDB', async () => openKeptEpisodes(emulated(), await makeEpisodesTable()));
// What other tests have in place of it.
testKeptEpisodes('memory', async () => keptInMemory().episodes);

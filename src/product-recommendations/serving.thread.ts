/** A thread of `everyone.ts`: makes the lists of some customers at a time. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Everyone, listsHere, type Piece } from './everyone.js';

const lists = listsHere(workerData as Everyone);
parentPort?.on('message', (piece: Piece) => parentPort?.postMessage(lists(piece)));

/** All questions, in the order in which they are asked. */
import { durable } from './durable.ts';
import { importChain } from './import.ts';
import { latency } from './latency.ts';
import { limit } from './limit.ts';
import { mempool } from './mempool.ts';
import { mine } from './mine.ts';
import { network } from './network.ts';
import type { Question } from './question.ts';
import { reorg } from './reorg.ts';
import { scale } from './scale.ts';
import { sync } from './sync.ts';

export const questions: readonly Question[] = [
  limit,
  importChain,
  network,
  latency,
  sync,
  scale,
  reorg,
  mempool,
  mine,
  durable,
];

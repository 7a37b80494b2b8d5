import { createMemoryHub } from '../support/memory-transport.ts';
import { transportContract } from './transport-contract.ts';

const hub = createMemoryHub();
let count = 0;

transportContract({
  name: 'memory transport',
  create: async () => hub.transport(`peer-${++count}`),
  nobody: '127.0.0.1:1',
});

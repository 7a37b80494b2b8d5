/**
 * carechain with a probe inside, for measuring: starts the program as it is, and answers whoever connects to the socket
 * beside its data folder with what the process holds after a full collection. Plain JavaScript, since a process is started on it.
 */
import { rmSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { createServer } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/**
 * V8 keeps pages that are partly empty, and a young generation that has grown, for later: some 60 MB, which come and go as it
 * sees fit and would hide what is held. This collection gives them back; what `--expose-gc` offers in Node 20 does not.
 */
const inspector = new Session();
inspector.connect();
const collect = () => inspector.post('HeapProfiler.collectGarbage');
const loopDelay = monitorEventLoopDelay({ resolution: 10 });
loopDelay.enable();

const dataDir = process.argv[process.argv.indexOf('--data-dir') + 1];
const path = `${dataDir}.probe`;
rmSync(path, { force: true });

const server = createServer(async (socket) => {
  socket.on('error', () => {});
  const loopDelayMs = loopDelay.percentile(99) / 1e6;
  await collect();
  // What was held by a finalizer or a weak reference goes with the next one.
  await new Promise(setImmediate);
  await collect();
  loopDelay.reset();
  socket.end(JSON.stringify({ ...process.memoryUsage(), resources: process.getActiveResourcesInfo(), loopDelayMs }));
});
server.listen(path);
server.unref();

await import('../../bin/carechain.js');

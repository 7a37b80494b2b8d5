/**
 * carechain with a probe inside, for measuring: starts the program as it is, and answers whoever connects to the socket
 * beside its data folder with what the process holds after a full collection. Plain JavaScript, since a process is started on it.
 */
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
/**
 * V8 keeps pages that are partly empty, and a young generation that has grown, for later: some 60 MB, which come and go as it
 * sees fit and would hide what is held. A collection of the last resort gives them back.
 */
const lastResort = { type: 'major', flavor: 'last-resort' };
const loopDelay = monitorEventLoopDelay({ resolution: 10 });
loopDelay.enable();

const dataDir = process.argv[process.argv.indexOf('--data-dir') + 1];
const path = `${dataDir}.probe`;
rmSync(path, { force: true });

const server = createServer((socket) => {
  socket.on('error', () => {});
  const loopDelayMs = loopDelay.percentile(99) / 1e6;
  collect();
  // What was held by a finalizer or a weak reference goes with the next one.
  setImmediate(() => {
    collect(lastResort);
    loopDelay.reset();
    socket.end(JSON.stringify({ ...process.memoryUsage(), resources: process.getActiveResourcesInfo(), loopDelayMs }));
  });
});
server.listen(path);
server.unref();

await import('../../bin/carechain.js');

/**
 * carechain with a probe inside, for measuring: starts the program as it is, and answers whoever connects to the socket
 * beside its data folder with what the process holds after a full collection. Plain JavaScript, since a process is started on it.
 */
import { rmSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { createServer } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';

/**
 * V8 keeps pages that are partly empty, and a young generation that has grown, for later: some 60 MB, which come and go as it
 * sees fit and would hide what is held. This collection gives them back; what `--expose-gc` offers in Node 20 does not. It moves
 * together what lies apart, which V8 else does page by page as it finds worth while: how full pages are would be read as growth.
 */
const inspector = new Session();
inspector.connect();
const threads = new Set();
inspector.on('NodeWorker.attachedToWorker', ({ params }) => threads.add(params.sessionId));
inspector.on('NodeWorker.detachedFromWorker', ({ params }) => threads.delete(params.sessionId));
await inspector.post('NodeWorker.enable', { waitForDebuggerOnStart: false });

/** The answer of the inspector of a thread; null where the thread ends meanwhile. */
async function ask(sessionId, method) {
  const answer = new Promise((resolve) => {
    const settle = ({ params }) => {
      if (params.sessionId !== sessionId) return;
      inspector.off('NodeWorker.receivedMessageFromWorker', settle).off('NodeWorker.detachedFromWorker', settle);
      resolve(params.message === undefined ? null : JSON.parse(params.message).result);
    };
    inspector.on('NodeWorker.receivedMessageFromWorker', settle).on('NodeWorker.detachedFromWorker', settle);
  });
  await inspector.post('NodeWorker.sendMessageToWorker', { sessionId, message: JSON.stringify({ id: 1, method }) });
  return answer;
}

/** Of all threads: the one that checks signatures has objects of its own. @returns the bytes of those that stay there. */
async function collect() {
  let usedInThreads = 0;
  setFlagsFromString('--compact-on-every-full-gc');
  for (const sessionId of [...threads]) {
    await ask(sessionId, 'HeapProfiler.collectGarbage');
    usedInThreads += (await ask(sessionId, 'Runtime.getHeapUsage'))?.usedSize ?? 0;
  }
  await inspector.post('HeapProfiler.collectGarbage');
  setFlagsFromString('--no-compact-on-every-full-gc');
  return usedInThreads;
}

const loopDelay = monitorEventLoopDelay({ resolution: 10 });
loopDelay.enable();

/** What keeps the event loop alive comes and goes by the second, and one that leaks stays: so the fewest are told. */
const countResources = () => process.getActiveResourcesInfo().length;
let fewest = countResources();
setInterval(() => {
  fewest = Math.min(fewest, countResources());
}, 250).unref();

function fewestResources() {
  const found = fewest;
  fewest = countResources();
  return found;
}

const dataDir = process.argv[process.argv.indexOf('--data-dir') + 1];
const path = `${dataDir}.probe`;
rmSync(path, { force: true });

const server = createServer(async (socket) => {
  socket.on('error', () => {});
  const loopDelayMs = loopDelay.percentile(99) / 1e6;
  // Before the collection, during which everybody waits.
  const resources = fewestResources();
  await collect();
  // What was held by a finalizer or a weak reference goes with the next one.
  await new Promise(setImmediate);
  const usedInThreads = await collect();
  loopDelay.reset();
  const { heapUsed, external } = process.memoryUsage();
  socket.end(JSON.stringify({ heapUsed: heapUsed + usedInThreads, external, resources, loopDelayMs }));
});
server.listen(path);
server.unref();

await import('../../bin/carechain.js');

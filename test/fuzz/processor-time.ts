/**
 * How long this thread has had a processor, in milliseconds. The kernel says so (Linux, `schedstat`), where it was built to;
 * where it was not, the file is missing or holds zeros, and nothing would ever look slow. So it is tried first: the time of
 * the whole process is taken instead where it does not run. That is more than the thread's own, which hides nothing.
 */
import { readFileSync } from 'node:fs';

/** What a thread must be seen to have burned, and how much the process burns in all before it is given up. */
const seenMs = 10;
const burnedMs = 200;

export type ProcessorClock = () => number;

/** @param ofThread what the kernel says of this thread; NaN where it says nothing. */
export function processorClock(
  ofThread: ProcessorClock = schedstatMs,
  ofProcess: ProcessorClock = processMs,
): ProcessorClock {
  const [threadStart, processStart] = [ofThread(), ofProcess()];
  while (ofProcess() - processStart < burnedMs) {
    if (ofThread() - threadStart >= seenMs) return ofThread;
  }
  return ofProcess;
}

function schedstatMs(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6;
  } catch {
    // Another system has no such file.
    return Number.NaN;
  }
}

function processMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

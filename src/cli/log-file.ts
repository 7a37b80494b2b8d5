/** `<data folder>/carechain.log`: one JSON object a line, for its owner alone. Stacks are written here and nowhere else. */
import { rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';
import type { Clock, Logger } from '../base/index.ts';
import type { LogLevel } from './start-settings.ts';

/** At a start, a longer log is put aside as carechain.log.1, where it replaces the one before. */
const longestLogBytes = 10_000_000;

export interface LogFile {
  readonly logger: Logger;
  /** What nobody caught, with its stack. */
  fatal(error: unknown): void;
  close(): void;
}

/** The folder must be there. */
export async function openLogFile(dataDir: string, level: LogLevel, clock: Clock): Promise<LogFile> {
  const path = join(dataDir, 'carechain.log');
  const bytes = await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
  if (bytes > longestLogBytes) await rename(path, `${path}.1`);
  const file = pino.destination({ dest: path, mode: 0o600, sync: true });
  // A full disk must not take the node down: what cannot be logged is not.
  file.on('error', () => {});
  const logger = pino(
    { level, base: null, timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"` },
    file as DestinationStream,
  );
  return {
    logger: wrap(logger),
    fatal(error) {
      const stack = error instanceof Error ? error.stack : String(error);
      logger.fatal({ stack }, 'something was thrown that nobody caught');
    },
    close: () => file.end(),
  };
}

function wrap(logger: PinoLogger): Logger {
  return {
    debug: (message, facts) => logger.debug(facts ?? {}, message),
    info: (message, facts) => logger.info(facts ?? {}, message),
    warn: (message, facts) => logger.warn(facts ?? {}, message),
    error: (message, facts) => logger.error(facts ?? {}, message),
    child: (module) => wrap(logger.child({ module })),
  };
}

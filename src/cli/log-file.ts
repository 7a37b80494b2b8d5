/** `<data folder>/carechain.log`: one JSON object a line, for its owner alone. Stacks are written here and nowhere else. */
import { join } from 'node:path';
import { type Logger as PinoLogger, pino } from 'pino';
import { CarechainError, type Clock, type Logger, limits } from '../base/index.ts';
import { type LineFile, openLineFile } from './line-file.ts';
import type { LogLevel } from './start-settings.ts';

/** The number that pino gives a warning. */
const warning = 40;

export interface LogFile {
  readonly logger: Logger;
  /** What nobody caught, with its stack. */
  fatal(error: unknown): void;
  close(): void;
}

/** The folder must be there. @throws CarechainError `folder-unwritable`. */
export function openLogFile(dataDir: string, level: LogLevel, clock: Clock): LogFile {
  const time = () => new Date(clock.now()).toISOString();
  const file = openFile(join(dataDir, 'carechain.log'), time);
  const logger = pino({ level, base: null, timestamp: () => `,"time":"${time()}"` }, file);
  return {
    logger: wrap(logger),
    fatal(error) {
      const stack = error instanceof Error ? error.stack : String(error);
      logger.fatal({ stack }, 'something was thrown that nobody caught');
    },
    close: () => file.close(),
  };
}

function openFile(path: string, time: () => string): LineFile {
  const tellGap = (lines: number) =>
    `${JSON.stringify({ level: warning, time: time(), lines, msg: 'lines are missing here: the disk did not take them' })}\n`;
  try {
    return openLineFile(path, { mostBytes: limits.logBytes, olderFiles: limits.olderLogs }, tellGap);
  } catch (error) {
    const sentence = `The log cannot be written to ${path}. Look at the rights of the file and the space on the disk.`;
    throw new CarechainError('folder-unwritable', sentence, { path }, error);
  }
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

/**
 * Log facts, not people: a constant message plus an object of facts. Never names, keys, clinical text, or text that a
 * peer or a user typed.
 */
export type LogFacts = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Logger {
  debug(message: string, facts?: LogFacts): void;
  info(message: string, facts?: LogFacts): void;
  warn(message: string, facts?: LogFacts): void;
  error(message: string, facts?: LogFacts): void;
  /** The same log, each line marked with the module that wrote it. */
  child(module: string): Logger;
}

export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};

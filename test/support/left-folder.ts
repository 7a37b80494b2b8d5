/** Data folders as a process leaves them that ends before it can close them. */
import type { Database } from '../../src/storage/index.ts';

/** What was written since the database was opened stays in the log; who closes it properly has it put into a table. */
export function leaveInLog(database: Database): Promise<void> {
  return database.close();
}

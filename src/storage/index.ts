export type { Database, Write } from './database.ts';

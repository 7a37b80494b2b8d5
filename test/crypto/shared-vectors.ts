/**
 * Vectors of other projects that lie beside the checkout and are not copied into it. Where they are absent the tests that need
 * them are skipped, and say so.
 */
import { existsSync, readFileSync } from 'node:fs';

const folder = new URL('../../../shared/vectors/', import.meta.url);

export function sharedVectors<T>(name: string): T | null {
  const file = new URL(name, folder);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as T;
  process.stderr.write(`Skipped what needs ${name}: there is no ../shared/vectors beside this checkout.\n`);
  return null;
}

/** The shape of a Wycheproof file: groups that share a setting, each with its tests. */
export type Wycheproof<Group, Test> = { testGroups: (Group & { tests: Test[] })[] };

/** Every test with the setting of its group. */
export function flatten<Group, Test>(file: Wycheproof<Group, Test> | null): (Group & Test)[] {
  return (file?.testGroups ?? []).flatMap((group) => group.tests.map((test) => ({ ...group, ...test })));
}

/** The rules take values and give values: what would make two nodes answer differently is not there to be called. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as ledger from '../../src/ledger/index.ts';

const folder = new URL('../../src/ledger/', import.meta.url);
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
const sourceOf = (path: string) => readFileSync(new URL(path, folder), 'utf8');

test('the rules are here', () => {
  expect(files).toContain('check-block.ts');
  expect(files).toContain('kinds/transfer-ecash.ts');
});

describe.each(files)('%s', (path) => {
  test.each([
    ['a clock', /\bDate\b(?! can hold)|performance\.|hrtime/],
    ['chance', /Math\.random|randomBytes|randomUUID|getRandomValues|systemRandom/],
    ['waiting', /\basync\b|\bawait\b|\bPromise\b|setTimeout|setInterval|setImmediate|queueMicrotask/],
    ['the world outside', /['"]node:|\bprocess\.|\bconsole\.|\bfetch\(|\bglobalThis\b|\brequire\(/],
    ['an order that depends on a locale', /localeCompare|toLocale|\bIntl\b/],
    ['floating point', /Math\.(?!max|min|floor)|parseFloat|\.toFixed/],
  ])('has nothing of %s', (_, forbidden) => {
    expect(sourceOf(path)).not.toMatch(forbidden);
  });

  test('imports only the ledger, what stands below it, and zod', () => {
    const imported = [...sourceOf(path).matchAll(/from '([^']+)'/g)].map(([, from]) => from!);
    for (const from of imported) {
      const target = from.startsWith('.') ? new URL(from, new URL(path, folder)).pathname : from;
      expect(target).toMatch(/^zod$|\/src\/ledger\/|\/src\/(base|crypto)\/index\.ts$/);
    }
  });
});

test('no rule answers with a promise', () => {
  for (const rule of Object.values(ledger)) {
    if (typeof rule === 'function') expect(rule.constructor.name).toMatch(/^(Generator)?Function$/);
  }
});

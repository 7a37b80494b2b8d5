/**
 * The quick form of `npm run fuzz`, from a new seed each time, which its name says. The corpus comes first: what was found
 * once stays found.
 */
import { describe, expect, test } from 'vitest';
import { sourceFiles } from '../support/source-tree.ts';
import { corpusFolders, corpusOf } from './corpus.ts';
import { runTarget } from './run-target.ts';
import { targets } from './targets.ts';

const inputs = Number(process.env.FUZZ_INPUTS ?? 20_000);
const seed = Math.floor(performance.timeOrigin) % 1_000_000;
const inputMs = 50;

describe(`from seed ${seed}`, () => {
  test.each(targets.map((target) => [target.name, target] as const))(
    '%s',
    { timeout: 300_000 },
    async (name, target) => {
      const corpus = corpusOf(name).map(({ bytes }) => bytes);
      const { findings, accepted, ...figures } = await runTarget(target, { inputs, seed, corpus, inputMs });
      expect(
        findings.map(({ kind, what, input }) => `${kind}, ${what}: ${Buffer.from(input).toString('hex', 0, 200)}`),
      ).toEqual([]);
      expect(figures.inputs).toBeGreaterThanOrEqual(inputs);
      // A fuzzer that is always refused has stopped at the door.
      expect(accepted).toBeGreaterThan(inputs / 500);
    },
  );
});

describe('the corpus', () => {
  test('belongs to decoders that there are', () => {
    const names = targets.map(({ name }) => name);
    expect(corpusFolders().filter((folder) => !names.includes(folder))).toEqual([]);
  });

  test('is small, and holds nothing twice', () => {
    for (const folder of corpusFolders()) {
      const entries = corpusOf(folder);
      const contents = entries.map(({ bytes }) => Buffer.from(bytes).toString('hex'));
      expect(new Set(contents).size).toBe(entries.length);
      for (const { name, bytes } of entries) expect([name, bytes.length <= 65_536]).toEqual([name, true]);
    }
  });
});

test('every place that decodes what others have encoded is behind a decoder here', () => {
  // A new one is to be added here and in `targets.ts`. Storage and node read only what this node itself has sealed.
  const known = [
    'src/crypto/key-file.ts',
    'src/ledger/block.ts',
    'src/ledger/transaction.ts',
    'src/network/wire.ts',
    'src/vault/envelope.ts',
    'src/vault/exchange.ts',
    'src/vault/hosting.ts',
    'src/vault/record-text.ts',
    'src/vault/shelf.ts',
  ];
  const decoding = sourceFiles().filter(({ room, text }) => {
    const fromBase = /import \{([^}]*)\} from '[^']*base\/index\.ts'/.exec(text)?.[1] ?? '';
    return !['storage', 'node'].includes(room) && /\bdecode\b/.test(fromBase);
  });
  expect(decoding.map(({ path }) => path).filter((path) => !known.includes(path))).toEqual([]);
});

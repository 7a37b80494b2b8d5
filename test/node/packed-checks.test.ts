import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packChecks, unpackChecks } from '../../src/node/packed-checks.ts';

test('what was packed comes out as it was, in its order and of any length', () => {
  const bytes = fc.uint8Array({ maxLength: 70 });
  const check = fc.record({ publicKey: bytes, message: bytes, signature: bytes });
  fc.assert(
    fc.property(fc.array(check, { maxLength: 20 }), (checks) => {
      expect([...unpackChecks(structuredClone(packChecks(checks)))]).toEqual(checks);
    }),
  );
});

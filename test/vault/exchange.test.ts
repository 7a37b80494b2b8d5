import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encode } from '../../src/base/index.ts';
import {
  decodeAnswer,
  decodeRequest,
  encodeAnswer,
  encodeRequest,
  recordsPerRequest,
  requestBytes,
} from '../../src/vault/exchange.ts';
import { statementBytes } from '../../src/vault/hosting.ts';
import { bytesFrom, hashFrom } from '../support/ledger.ts';

test('a request and an answer come back as they were', () => {
  const request = { records: [hashFrom('a'), hashFrom('b')], statements: [bytesFrom('statement')] };
  expect(decodeRequest(encodeRequest(request))).toEqual(request);
  expect(decodeAnswer(encodeAnswer([bytesFrom('envelope')]))).toEqual([bytesFrom('envelope')]);
});

test('the largest request is within the limit', () => {
  const records = Array.from({ length: recordsPerRequest }, (_, index) => hashFrom(`${index}`));
  const statements = records.map(() => new Uint8Array(statementBytes));
  expect(encodeRequest({ records, statements }).length).toBeLessThanOrEqual(requestBytes);
});

const refused: Record<string, Uint8Array> = {
  'too many records': encode({ records: Array.from({ length: 65 }, () => bytesFrom('a')), statements: [] }),
  'too many statements': encode({ records: [], statements: Array.from({ length: 65 }, () => bytesFrom('a')) }),
  'a record id of another length': encode({ records: [new Uint8Array(31)], statements: [] }),
  'a statement without end': encode({ records: [], statements: [new Uint8Array(statementBytes + 1)] }),
  'a field too many': encode({ records: [], statements: [], readers: [] }),
  'not a map': encode([]),
};

test.each(Object.keys(refused))('no request: %s', (name) => {
  expect(decodeRequest(refused[name]!)).toBeNull();
});

test('whatever bytes: both answer null and throw nothing', () => {
  expect(decodeAnswer(new Uint8Array(100_000).fill(0x81))).toBeNull();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (given) => {
      const answer = decodeAnswer(given);
      return decodeRequest(given) === null && (answer === null || Array.isArray(answer));
    }),
  );
});

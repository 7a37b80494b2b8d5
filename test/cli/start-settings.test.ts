import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { expect, test } from 'vitest';
import { toHex } from '../../src/base/index.ts';
import { readSettings, refuseExposure, type StartOptions } from '../../src/cli/start-settings.ts';
import { signingKeyPair } from '../../src/crypto/index.ts';
import { demoGenesis } from '../../src/ledger/index.ts';
import { peerIdOf } from '../../src/network/index.ts';
import { testGenesis } from '../support/ledger.ts';

const usual: StartOptions = { host: '127.0.0.1', registryCsv: './patient_registry.csv', logLevel: 'info' };

test('the defaults are those of the contract', () => {
  expect(readSettings('doctor', usual)).toEqual({
    role: 'doctor',
    nodeId: 'DoctorNode-5001',
    host: '127.0.0.1',
    port: 5001,
    peers: [],
    dataDir: 'carechain-data/DoctorNode-5001',
    registryCsvPath: './patient_registry.csv',
    discover: false,
    mineEverySeconds: null,
    exposeDemo: false,
    json: false,
    serve: false,
    logLevel: 'info',
  });
  expect(readSettings('lab', { ...usual, port: '7002' }).nodeId).toBe('LabNode-7002');
  expect(readSettings('pharmacy', usual)).toMatchObject({ nodeId: 'PharmacyNode-5003', port: 5003 });
});

test('what is given counts', () => {
  const given = readSettings('doctor', {
    ...usual,
    peers: '127.0.0.1:5002, [::1]:5003,',
    id: 'Clinic',
    mineEvery: '5',
    discover: true,
  });
  expect(given).toMatchObject({
    peers: ['127.0.0.1:5002', '[::1]:5003'],
    nodeId: 'Clinic',
    dataDir: 'carechain-data/Clinic',
    mineEverySeconds: 5,
  });
});

test.each<[Partial<StartOptions>, RegExp]>([
  [{ port: 'x' }, /--port/],
  [{ port: '70000' }, /--port/],
  [{ port: '-1' }, /--port/],
  [{ id: '../elsewhere' }, /--id/],
  [{ id: '' }, /--id/],
  [{ mineEvery: '0' }, /--mine-every/],
  [{ logLevel: 'loud' }, /--log-level/],
  [{ peers: 'nowhere' }, /host:port/],
])('%j is wrong usage', (options, sentence) => {
  expect(() => readSettings('doctor', { ...usual, ...options })).toThrow(sentence);
});

test('the demo is not reached from outside, unless that is asked for', () => {
  const outside = readSettings('doctor', { ...usual, host: '0.0.0.0' });
  expect(() => refuseExposure(demoGenesis, outside)).toThrow(/--expose-demo/);
  expect(() => refuseExposure(demoGenesis, { ...outside, exposeDemo: true })).not.toThrow();
  expect(() => refuseExposure(demoGenesis, { ...outside, host: 'localhost' })).not.toThrow();
  expect(() => refuseExposure(testGenesis().genesis, outside)).not.toThrow();
});

test('a peer id follows from the node key as libp2p makes it', async () => {
  for (const fill of [0, 1, 255]) {
    const seed = new Uint8Array(32).fill(fill);
    const expected = peerIdFromPrivateKey(await generateKeyPairFromSeed('Ed25519', seed)).toString();
    expect(peerIdOf(toHex(signingKeyPair(seed).publicKey))).toBe(expected);
  }
});

import { scrypt as nobleScrypt } from '@noble/hashes/scrypt.js';
import { beforeAll, describe, expect, test } from 'vitest';
import { CarechainError, decode, encode, fromHex } from '../../src/base/index.ts';
import {
  decryptRecord,
  type KeyFile,
  lockKeyFile,
  parseKeyFile,
  sealingKeyPair,
  signingKeyPair,
  unlockKeyFile,
} from '../../src/crypto/index.ts';

const N = 2 ** 14;
const password = 'Zoë’s long sentence';
const seeds = { signingSeed: new Uint8Array(32).fill(1), sealingSeed: new Uint8Array(32).fill(2) };
const lock = (changes: Partial<Parameters<typeof lockKeyFile>[0]> = {}) => {
  const chance = { salt: new Uint8Array(16).fill(3), nonce: new Uint8Array(12).fill(4) };
  return lockKeyFile({ username: 'doctor_grey', ...seeds, password, ...chance, N, ...changes });
};

let file: KeyFile;
beforeAll(async () => {
  file = await lock();
});

test('a locked file survives JSON and opens with its password', async () => {
  const reread = parseKeyFile(JSON.parse(JSON.stringify(file)));
  expect(reread).toEqual(file);
  expect(await unlockKeyFile(reread, password)).toEqual({
    username: 'doctor_grey',
    signing: signingKeyPair(seeds.signingSeed),
    sealing: sealingKeyPair(seeds.sealingSeed),
  });
});

test('it is what the format says: scrypt, AES-256-GCM, canonical seeds, the rest as associated data', () => {
  const { ciphertext, ...open } = file;
  const dataKey = nobleScrypt(password.normalize('NFC'), fromHex(file.kdf.salt), { N, r: 8, p: 1, dkLen: 32 });
  const plaintext = decryptRecord({
    ciphertext: fromHex(file.nonce + ciphertext),
    dataKey,
    associatedData: encode(open),
  });
  expect(plaintext && decode(plaintext)).toEqual(seeds);
});

test('another password does not open it', async () => {
  expect(await unlockKeyFile(file, `${password}.`)).toBeNull();
  expect(await unlockKeyFile(file, '')).toBeNull();
});

test('the same password typed in another normalization form does', async () => {
  expect(password.normalize('NFD')).not.toBe(password.normalize('NFC'));
  expect(await unlockKeyFile(file, password.normalize('NFD'))).not.toBeNull();
});

describe('a file with one public field changed does not open', () => {
  const rows: [string, (whole: KeyFile) => KeyFile][] = [
    ['username', (whole) => ({ ...whole, username: 'doctor_gray' })],
    ['signingPublicKey', (whole) => ({ ...whole, signingPublicKey: whole.sealingPublicKey })],
    ['sealingPublicKey', (whole) => ({ ...whole, sealingPublicKey: whole.signingPublicKey })],
    ['kdf.N', (whole) => ({ ...whole, kdf: { ...whole.kdf, N: N * 2 } })],
    ['kdf.salt', (whole) => ({ ...whole, kdf: { ...whole.kdf, salt: '00'.repeat(16) } })],
    ['nonce', (whole) => ({ ...whole, nonce: '00'.repeat(12) })],
    ['ciphertext', (whole) => ({ ...whole, ciphertext: `00${whole.ciphertext.slice(2)}` })],
    ['a shorter ciphertext', (whole) => ({ ...whole, ciphertext: whole.ciphertext.slice(2) })],
  ];
  test.each(rows)('%s', async (_, change) => {
    expect(await unlockKeyFile(change(file), password)).toBeNull();
  });
});

describe('what is no key file is refused before anything is computed', () => {
  const kdf = (changes: object) => (whole: KeyFile) => ({ ...whole, kdf: { ...whole.kdf, ...changes } });
  const rows: [string, (whole: KeyFile) => unknown][] = [
    ['null', () => null],
    ['an array', () => []],
    ['another version', (whole) => ({ ...whole, version: 2 })],
    ['an unknown field', (whole) => ({ ...whole, comment: '' })],
    ['a missing field', ({ nonce: _, ...rest }) => rest],
    ['a username with a control character', (whole) => ({ ...whole, username: 'a\u001bb' })],
    ['no username', (whole) => ({ ...whole, username: '' })],
    ['upper-case hex', (whole) => ({ ...whole, nonce: 'AA'.repeat(12) })],
    ['a short key', (whole) => ({ ...whole, signingPublicKey: 'aa' })],
    ['another cipher', (whole) => ({ ...whole, cipher: 'aes-128-gcm' })],
    ['another key derivation', kdf({ name: 'pbkdf2' })],
    ['N below 2^14 (downgrade)', kdf({ N: 2 ** 13 })],
    ['N above 2^20 (exhaustion)', kdf({ N: 2 ** 21 })],
    ['N that is no power of two', kdf({ N: 2 ** 14 + 1 })],
    ['r other than 8', kdf({ r: 1 })],
    ['p other than 1', kdf({ p: 2 })],
  ];
  test.each(rows)('%s', async (_, change) => {
    const bent = change(file);
    expect(() => parseKeyFile(bent)).toThrow(expect.objectContaining({ code: 'key-file-damaged' }));
    await expect(unlockKeyFile(bent as KeyFile, password)).rejects.toBeInstanceOf(CarechainError);
  });

  test('the sentence names the field and none of its content', () => {
    const bent = { ...file, kdf: { ...file.kdf, N: 12_345 } };
    expect(() => parseKeyFile(bent)).toThrow(/kdf\.N/);
    expect(() => parseKeyFile({ ...file, ciphertext: 'a secret' })).not.toThrow(/secret/);
  });
});

test('a cost that no file may have is a bug where a file is made', async () => {
  await expect(lock({ N: 2 ** 13 })).rejects.toThrow('lockKeyFile');
  await expect(lock({ username: 'e\u0301' })).rejects.toThrow('lockKeyFile');
});

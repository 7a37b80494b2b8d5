/**
 * A member's keys under a password: the text of a key file as a value. Nothing here touches a disk.
 *
 * The password becomes a key (password-key.ts), the two seeds are encrypted under it, and every other field is authenticated
 * with them, so a changed username or public key does not open. What the password costs is written in the file, and a file
 * that asks for a cost out of bounds is refused before anything is computed.
 */
import { z } from 'zod';
import {
  assert,
  CarechainError,
  decode,
  encode,
  equalBytes,
  fromHex,
  isCanonicalText,
  isHex,
  isPrintable,
  limits,
  toHex,
  utf8ToBytes,
} from '../base/index.ts';
import { isAllowedCost, passwordKey, usualCost } from './password-key.ts';
import { decryptRecord, encryptRecord, sealingKeyPair } from './sealing.ts';
import { type KeyPair, signingKeyPair } from './signature.ts';

const seedBytes = 32;
const nonceBytes = 12;

const hex = (leastBytes: number, mostBytes = leastBytes) =>
  z.string().refine((text) => isHex(text) && text.length >= leastBytes * 2 && text.length <= mostBytes * 2);

const keyFileSchema = z.strictObject({
  version: z.literal(1),
  username: z.string().refine(isUsername),
  signingPublicKey: hex(32),
  sealingPublicKey: hex(32),
  kdf: z.strictObject({
    name: z.literal('scrypt'),
    N: z.int().refine(isAllowedCost),
    r: z.literal(8),
    p: z.literal(1),
    salt: hex(16, 64),
  }),
  cipher: z.literal('aes-256-gcm'),
  nonce: hex(nonceBytes),
  ciphertext: hex(16, 1_024),
});

const secretsSchema = z.strictObject({
  signingSeed: z.instanceof(Uint8Array).refine((seed) => seed.length === seedBytes),
  sealingSeed: z.instanceof(Uint8Array).refine((seed) => seed.length === seedBytes),
});

/** The content of a key file; bytes are lower-case hex. Safe to show: the seeds are in `ciphertext`. */
export type KeyFile = z.infer<typeof keyFileSchema>;

export type MemberKeys = { username: string; signing: KeyPair; sealing: KeyPair };

/** @throws CarechainError `key-file-damaged` where the value is no key file, or one with a scrypt cost that is not allowed. */
export function parseKeyFile(json: unknown): KeyFile {
  const parsed = keyFileSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw damaged(parsed.error.issues[0]?.path.join('.') || 'the whole');
}

/**
 * Locks the two 32-byte seeds under a password. `salt` (16 to 64 bytes) and `nonce` (12 bytes) are random and new each time.
 * `N` is scrypt's cost, a power of two; 2^17 takes about a third of a second and 128 MiB.
 */
export async function lockKeyFile(options: {
  username: string;
  signingSeed: Uint8Array;
  sealingSeed: Uint8Array;
  password: string;
  salt: Uint8Array;
  nonce: Uint8Array;
  N?: number;
}): Promise<KeyFile> {
  const { username, signingSeed, sealingSeed, password, salt, nonce, N = usualCost } = options;
  assert(isUsername(username), 'lockKeyFile: the username is not canonical, printable text');
  assert(isAllowedCost(N), 'lockKeyFile: N is not an allowed cost');
  assert(salt.length >= 16 && salt.length <= 64, 'lockKeyFile: expected a salt of 16 to 64 bytes');
  const open = {
    version: 1 as const,
    username,
    signingPublicKey: toHex(signingKeyPair(signingSeed).publicKey),
    sealingPublicKey: toHex(sealingKeyPair(sealingSeed).publicKey),
    kdf: { name: 'scrypt' as const, N, r: 8 as const, p: 1 as const, salt: toHex(salt) },
    cipher: 'aes-256-gcm' as const,
    nonce: toHex(nonce),
  };
  const sealed = encryptRecord({
    plaintext: encode({ signingSeed, sealingSeed }),
    dataKey: await passwordKey(password, salt, N),
    nonce,
    associatedData: encode(open),
  });
  return { ...open, ciphertext: toHex(sealed.subarray(nonceBytes)) };
}

/**
 * The keys of a file. Null where the password is wrong or the file was altered; the two cannot be told apart.
 * @throws CarechainError `key-file-damaged` as {@link parseKeyFile} does (the cost is looked at again before it is paid), and
 * where the password fits but what it opens is not two seeds.
 */
export async function unlockKeyFile(file: KeyFile, password: string): Promise<MemberKeys | null> {
  const { ciphertext, ...open } = parseKeyFile(file);
  const plaintext = decryptRecord({
    ciphertext: fromHex(open.nonce + ciphertext),
    dataKey: await passwordKey(password, fromHex(open.kdf.salt), open.kdf.N),
    associatedData: encode(open),
  });
  if (plaintext === null) return null;
  const secrets = readSecrets(plaintext);
  const signing = signingKeyPair(secrets.signingSeed);
  const sealing = sealingKeyPair(secrets.sealingSeed);
  const belongTogether =
    equalBytes(signing.publicKey, fromHex(open.signingPublicKey)) &&
    equalBytes(sealing.publicKey, fromHex(open.sealingPublicKey));
  return belongTogether ? { username: open.username, signing, sealing } : null;
}

function readSecrets(plaintext: Uint8Array): z.infer<typeof secretsSchema> {
  try {
    return secretsSchema.parse(decode(plaintext));
  } catch {
    // The cause is left out: what a decoder says about secrets may quote them.
    throw damaged('ciphertext');
  }
}

function damaged(field: string): CarechainError {
  const message = `This is not a carechain key file that can be used (see: ${field}). Take an undamaged copy of it.`;
  return new CarechainError('key-file-damaged', message, { field });
}

function isUsername(text: string): boolean {
  const byteLength = utf8ToBytes(text).length;
  return byteLength > 0 && byteLength <= limits.nameBytes && isCanonicalText(text) && isPrintable(text);
}

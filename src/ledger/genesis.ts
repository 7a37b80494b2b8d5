/**
 * Genesis: what all nodes of a network agree on before the first block. Its hash names the network and is the parent of
 * block #1. A genesis file is JSON for people; its hash covers the canonical encoding of the same value.
 */
import { z } from 'zod';
import {
  boundedList,
  CarechainError,
  encode,
  fromHex,
  isCanonicalText,
  isHex,
  isPrintable,
  limits,
  toHex,
  utf8ToBytes,
} from '../base/index.ts';
import { isSoundPublicKey, isSoundSealingKey, merkleRoot, taggedHashHex } from '../crypto/index.ts';
import { latestTime } from './fields.ts';
import { roles } from './roles.ts';

const integer = (least: number, most: number) => z.int().min(least).max(most);

/** Milliseconds since 1970 UTC. */
const time = integer(0, latestTime);

/** A name of a person, place or network: canonical, printable, and at most {@link limits.nameBytes} long. */
const name = z
  .string()
  .refine(
    (text) => text.length > 0 && utf8ToBytes(text).length <= limits.nameBytes,
    // A long one is not looked at any further.
    { error: `expected 1 to ${limits.nameBytes} bytes`, abort: true },
  )
  .refine((text) => isCanonicalText(text) && isPrintable(text), 'expected printable text in normalization form C');

/** Ends the check of its field where it fails: what is no hex cannot be asked whether it is a sound key. */
const key = z.string().refine((text) => isHex(text, 32), { error: 'expected 32 bytes in lower-case hex', abort: true });
const signingKey = key.refine((text) => isSoundPublicKey(fromHex(text)), 'not a sound Ed25519 public key');
const sealingKey = key.refine((text) => isSoundSealingKey(fromHex(text)), 'not a sound X25519 public key');

const schema = z.strictObject({
  rules: z.literal(1),
  name,
  time,
  members: boundedList(
    z.strictObject({
      username: z.string().regex(/^[a-z][a-z0-9_]{1,31}$/, 'expected 2 to 32 of a-z, 0-9 and _, a letter first'),
      role: z.enum(roles),
      name,
      place: name,
      signingKey,
      sealingKey,
    }),
    0,
    limits.membersInGenesis,
  ),
  /** Node keys that may mine; `open`: any. */
  miners: z.union([z.literal('open'), boundedList(signingKey, 1, limits.membersInGenesis)]),
  /** Opening balance of SYSTEM_BANK_001, and so the sum of all balances for ever. Integer units of e-cash. */
  supply: integer(0, 1_000_000_000_000),
  rewards: z.strictObject({ order: integer(0, 1_000_000), fill: integer(0, 1_000_000) }),
  prices: z.strictObject({ reportAccess: integer(0, 1_000_000) }),
  /** Expected number of hashes that a block costs. */
  difficulty: integer(1, 2 ** 40),
  limits: z.strictObject({
    blockBytes: integer(20_000, limits.blockBytes),
    transactionBytes: integer(1_000, limits.transactionBytes),
    rewardsPerBlock: integer(1, limits.rewardsPerBlock),
  }),
});

export type GenesisFile = z.output<typeof schema>;

/** The account that pays rewards. Its id is the hash of its name: nobody has a key for it. */
export const systemName = 'SYSTEM_BANK_001';
export const systemAccount: string = taggedHashHex('carechain/system/1', utf8ToBytes(systemName));

export interface Member {
  readonly id: string;
  readonly username: string;
  readonly role: (typeof roles)[number];
  readonly name: string;
  readonly place: string;
  /** Ed25519 and X25519 public keys in hex. */
  readonly signingKey: string;
  readonly sealingKey: string;
}

export interface Genesis extends Omit<GenesisFile, 'members'> {
  /** SHA-256("carechain/genesis/1" ‖ canonical encoding): the id of the network and the hash of block #0. */
  readonly hash: string;
  readonly members: readonly Member[];
}

/** A member keeps the id of its first signing key, also when keys are changed later. */
export function memberIdOf(signingKey: string): string {
  return taggedHashHex('carechain/member/1', fromHex(signingKey));
}

/** @throws CarechainError `bad-genesis` with a sentence that names the field. */
export function parseGenesis(json: unknown): Genesis {
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new CarechainError(
      'bad-genesis',
      `The genesis file is not usable: ${issue.path.join('.') || 'file'}: ${issue.message}. Ask whoever runs the network for a good copy.`,
    );
  }
  const file = parsed.data;
  const members = file.members.map((member) => ({ id: memberIdOf(member.signingKey), ...member }));
  for (const field of ['username', 'id', 'sealingKey'] as const) {
    if (new Set(members.map((member) => member[field])).size !== members.length) {
      throw new CarechainError('bad-genesis', `The genesis file is not usable: two members share one ${field}.`);
    }
  }
  return { ...file, members, hash: taggedHashHex('carechain/genesis/1', encode(file)) };
}

/** The transactions root of block #0, which has no transactions. */
export const emptyRoot: string = toHex(merkleRoot([]));

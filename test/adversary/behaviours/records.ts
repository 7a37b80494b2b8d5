/** Liars who are asked for sealed records: somebody at home on the victim wants to read one, and they deliver something else. */
import { encode, fromHex, systemRandom } from '../../../src/base/index.ts';
import { wrappedKeyBytes } from '../../../src/crypto/index.ts';
import type { Sealed } from '../../../src/ledger/index.ts';
import { sealEnvelope } from '../../../src/vault/envelope.ts';
import { encodeAnswer } from '../../../src/vault/exchange.ts';
import type { Arena, Behaviour } from '../behaviour.ts';
import type { FoeAnswer } from '../foe.ts';

/** Answers the question for a record with what `make` gives; `wanted` is what the ledger says of it. */
function lie(
  name: string,
  code: string,
  does: string,
  make: (wanted: Sealed, arena: Arena) => FoeAnswer | Promise<FoeAnswer>,
): Behaviour {
  return {
    name,
    does,
    crime: true,
    codes: [code],
    async go(foe, arena) {
      const { victim } = arena.network;
      // Asked by a foe that knows no such protocol yet: which record it is about.
      const answer = await make(await victim.call('wantRecord'), arena);
      await foe.lie(`${foe.prefix}vault/1`, () => answer);
      await victim.call('wantRecord');
    },
  };
}

export const recordLies: readonly Behaviour[] = [
  lie('malformed-answer-to-vault', 'not-the-record', 'answers vault/1 with random bytes', (_wanted, { chance }) =>
    chance.bytes(200),
  ),
  lie('endless-answer-to-vault', 'frame-too-long', 'answers vault/1 with a frame of 4 GiB', () => ({
    raw: new Uint8Array(64).fill(255),
  })),
  lie(
    'another-record',
    'not-the-record',
    'delivers a sound record that nobody has asked for',
    async ({ readers }, { network: { world } }) => {
      const named = world.genesis.members.filter(({ id }) => readers.includes(id));
      const text = { notes: 'not what was asked for' };
      const { bytes } = await sealEnvelope({
        text,
        readers: named,
        network: world.genesis.hash,
        random: systemRandom,
      });
      return encodeAnswer([bytes]);
    },
  ),
  lie(
    'bent-record-under-an-honest-commitment',
    'not-the-record',
    'delivers other text under the commitment that was asked for',
    ({ commitment, readers }, { chance }) => {
      const wraps = readers.map((reader) => ({ reader: fromHex(reader), wrapped: chance.bytes(wrappedKeyBytes) }));
      const sealed = { salt: chance.bytes(32), keyHash: chance.bytes(32), ciphertext: chance.bytes(500) };
      return encodeAnswer([encode({ commitment: fromHex(commitment), ...sealed, wraps })]);
    },
  ),
];

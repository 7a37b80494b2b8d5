import { z } from 'zod';
import { equalBytes, fromHex } from '../../base/index.ts';
import { type MemberKeys, unlockKeyFile } from '../../crypto/index.ts';
import type { Member } from '../../ledger/index.ts';
import { defineAction, done } from '../action.ts';
import type { Carechain } from '../carechain.ts';
import { demoKeyFiles } from '../demo-key-files.ts';
import { failure } from '../error-codes.ts';
import { memberNamed } from '../members.ts';
import { endSession } from '../session.ts';

/** A password is taken as it is: neither trimmed nor held to a form. */
const password = z.string('Give the password.').max(1_024, 'Give at most 1024 characters.');

/** An unknown user and a wrong password get the same answer after the same work, so that nobody learns who has keys here. */
export const login = defineAction({
  name: 'login',
  summary: 'log in with username and password',
  usage: 'login <username> <password>',
  example: 'login dr_alice',
  who: 'anyone',
  input: z.strictObject({ username: z.string('Give the username.').max(200, 'Give the username.'), password }),
  positional: ['username', 'password'],
  questions: [
    { input: 'username', label: 'Username', kind: 'text' },
    { input: 'password', label: 'Password', kind: 'password' },
  ],
  signs: false,
  async run({ username, password }, { carechain, session }) {
    const keys = await carechain.loginGuard.attempt(() => unlock(username.trim(), password, carechain));
    if (!keys) return failure('login-failed');
    const member = memberNamed(carechain.node, keys.username);
    if (!member || !areKeysOf(member, keys)) return failure('key-file-not-of-member');
    const user = { member, keys };
    await carechain.vault.host(user);
    endSession(session);
    session.user = user;
    const { role, name, place } = member;
    return done({ username: member.username, role, name, place });
  },
});

async function unlock(username: string, password: string, { keyFiles }: Carechain): Promise<MemberKeys | null> {
  const file = keyFiles.get(username);
  if (file) return unlockKeyFile(file, password);
  const decoy = keyFiles.values().next().value ?? demoKeyFiles.dr_alice!;
  await unlockKeyFile(decoy, password);
  return null;
}

function areKeysOf({ signingKey, sealingKey }: Member, { signing, sealing }: MemberKeys): boolean {
  return equalBytes(signing.publicKey, fromHex(signingKey)) && equalBytes(sealing.publicKey, fromHex(sealingKey));
}

/** Who is here, and who belongs to the network. */
import { type Formatter, formatterOf, good } from './formatter.ts';
import { table } from './layout.ts';
import { short } from './plain-words.ts';

interface Person {
  readonly username: string | null;
  readonly role: string | null;
  readonly name?: string | null;
  readonly place?: string | null;
}

interface MemberRow extends Person {
  readonly username: string;
  readonly role: string;
  readonly canLogIn?: boolean;
}

function personWords({ username, role, name, place }: Person): string {
  return `${username}${name ? ` (${name})` : ''}, ${role}${place ? ` at ${place}` : ''}`;
}

export const peopleFormatters: Readonly<Record<string, Formatter>> = {
  login: formatterOf<Person>((person) => good(`Logged in as ${personWords(person)}.`)),
  logout: formatterOf<{ username: string | null }>(({ username }) =>
    username === null ? ['Nobody was logged in.'] : good(`${username} is logged out; the keys are wiped from memory.`),
  ),
  whoami: formatterOf<Person & { activePatient?: string | null }>(({ activePatient, ...person }) =>
    person.username === null
      ? ['Nobody is logged in.']
      : [personWords(person), activePatient ? `Active patient: ${activePatient}` : 'No active patient.'],
  ),
  members: formatterOf<{ members: readonly (MemberRow & { id?: string })[] }>(({ members }) =>
    table(
      ['username', 'role', 'name', 'place', 'id', 'login here'],
      members.map(({ username, role, name, place, id, canLogIn }) => [
        username,
        role,
        name ?? '',
        place ?? '',
        short(id ?? ''),
        canLogIn ? '✓ yes' : '– no',
      ]),
      { most: { 0: 16, 2: 14, 3: 20 } },
    ),
  ),
};

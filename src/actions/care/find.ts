import { z } from 'zod';
import { readPatient } from '../../ledger/index.ts';
import { defineAction, done } from '../action.ts';
import { line, page, pageOf } from '../inputs.ts';
import { nameOf } from '../members.ts';
import { rememberList } from '../resolve-id.ts';
import { folded, knownNames } from './known-names.ts';

/** Each word must be somewhere in the name; capitals and accents do not matter. */
export const find = defineAction({
  name: 'find',
  summary: 'patients by name, in what you may read',
  usage: 'find <words…> [--from <n>] [--count <n>]',
  example: 'find jane',
  who: 'member',
  input: z.strictObject({ words: line(), ...page }),
  positional: [],
  rest: 'words',
  questions: [{ input: 'words', label: 'Name', kind: 'text' }],
  signs: false,
  async run({ words, from, count }, context) {
    const { node } = context.carechain;
    const wanted = folded(words).split(/\s+/);
    const { names, problem } = await knownNames(context);
    const found = [...names]
      .filter(([, name]) => wanted.every((word) => folded(name).includes(word)))
      .sort(([, left], [, right]) => left.localeCompare(right, 'en'));
    const { rows, next } = pageOf(found, { from, count });
    rememberList(
      context,
      rows.map(([patientId]) => patientId),
    );
    const patients = rows.map(([patientId, name], index) => {
      const patient = readPatient(node.pendingState, patientId);
      const registeredBy = patient ? nameOf(node, patient.registeredBy) : null;
      return { number: index + 1, patientId, name, registered: patient !== undefined, registeredBy };
    });
    const warning = problem && `Only names in records were searched, not the registry file. ${problem}`;
    return done({ patients, next, warning });
  },
});

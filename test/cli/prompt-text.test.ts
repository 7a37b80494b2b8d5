import { expect, test } from 'vitest';
import { type PromptFacts, promptText } from '../../src/cli/prompt-text.ts';
import { mayRemember } from '../../src/cli/terminal/remembered.ts';

const facts: PromptFacts = {
  role: 'doctor',
  nodeId: 'DoctorNode-5001',
  username: null,
  patient: null,
  patientName: null,
};
const patient = '3f2a28d0-c2cf-4e4b-ac28-811898aa0587';

test.each<[Partial<PromptFacts>, string]>([
  [{}, 'Doc@DoctorNode-5001 (No Patient) > '],
  [{ role: 'lab', nodeId: 'LabNode-5002' }, 'Lab@LabNode-5002 (No Patient) > '],
  [{ role: 'pharmacy', nodeId: 'PharmacyNode-5003' }, 'Pharm@PharmacyNode-5003 (No Patient) > '],
  [{ username: 'dr_alice' }, 'dr_alice@DoctorNode-5001 (No Patient) > '],
  [{ username: 'dr_alice', patient, patientName: 'Jane Doe' }, 'dr_alice@DoctorNode-5001 (Jane Doe 3f2a) > '],
  [{ username: 'dr_alice', patient }, 'dr_alice@DoctorNode-5001 (3f2a28d0) > '],
  [{ username: 'dr_alice', patient, patientName: 'J\u001b[2J' }, 'dr_alice@DoctorNode-5001 (J\\u{1b}[2J 3f2a) > '],
])('%j', (some, text) => {
  expect(promptText({ ...facts, ...some })).toBe(text);
});

test.each([
  ['mine', true],
  ['history 3f2a', true],
  ['exit', true],
  ['login dr_alice', true],
  ['login dr_alice password123', false],
  ['  LOGIN dr_alice password123', false],
  ['login --username dr_alice --password password123', false],
  ['lgoin dr_alice password123', false],
  ['password123', false],
])('%j is remembered: %s', (line, expected) => {
  expect(mayRemember(line)).toBe(expected);
});

import { expect, test } from 'vitest';
import { Chance } from '../support/chance.ts';
import type { Fleet } from './fleet.ts';
import { Patients } from './patients.ts';

test('a place whose node never comes back does not keep the others waiting for ever', async () => {
  let ask!: () => void;
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  const nobody = {
    running() {
      ask();
      return new Promise(() => {});
    },
  };
  const patients = new Patients(nobody as unknown as Fleet, new Chance('patients'));
  patients.open(1_000);
  await asked;
  await expect(patients.served(20)).rejects.toThrow(/still waiting/);
});

test('once everybody has been served it is over', async () => {
  const patients = new Patients({} as Fleet, new Chance('patients'));
  patients.open(0.001);
  await patients.served(20_000);
  expect(patients.waiting).toBe(0);
});

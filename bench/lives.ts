/**
 * What happens in clinics, as transactions of all kinds. Each patient's life takes five blocks: registered and seen, tested,
 * prescribed for, helped, paid for; so that what a transaction refers to is in the same block or in one before it. The rest
 * of a block are further consultations, and the first few blocks hold more of those.
 */
import { assert } from '../src/base/index.ts';
import type { Transaction } from '../src/ledger/index.ts';
import { doctors, labs, pharmacies, type QuickWorld } from './quick-world.ts';

export interface HistorySize {
  readonly blocks: number;
  readonly perBlock: number;
}

/** A patient whose history is the same however long the chain is: so many events, over all of it. */
export const watchedPatientOf = ({ name }: QuickWorld) => `${name}: the one who is watched`;
export const watchedEvents = 20;

/** Of each ten transactions of a block, one belongs to the patients who are new in it, and eight to those before them. */
const transactionsPerNewPatient = 10;

interface Life {
  readonly patient: string;
  readonly doctor: string;
  readonly lab: string;
  readonly pharmacy: string;
  readonly steps: Generator<Transaction[], void>;
}

/** The blocks of a history, in the order of their heights. */
export function* historyOf(world: QuickWorld, { blocks, perBlock }: HistorySize): Generator<Transaction[]> {
  const newPerBlock = Math.floor(perBlock / transactionsPerNewPatient);
  let lives: Life[] = [];
  for (let height = 1; height <= blocks; height++) {
    const born = Array.from({ length: newPerBlock }, (_, index) =>
      beginLife(world, (height - 1) * newPerBlock + index),
    );
    lives.push(...born);
    const watched = watchedIn(world, height, blocks);
    const lived = lives.flatMap((life) => life.steps.next().value ?? []);
    const block = [...lived, ...watched];
    assert(block.length <= perBlock, 'there is room for everything that happens in a block');
    for (let index = 0; block.length < perBlock; index++) {
      const { doctor, patient } = born[index % born.length]!;
      block.push(world.consult(doctor, patient));
    }
    yield block;
    lives = lives.slice(-newPerBlock * stepsOfLife);
  }
}

const stepsOfLife = 5;

/** @param index of the patient, from 0 on. */
export function beginLife(world: QuickWorld, index: number): Life {
  const people = {
    patient: `${world.name}: patient ${index}`,
    doctor: doctors[index % doctors.length]!,
    lab: labs[index % labs.length]!,
    pharmacy: pharmacies[index % pharmacies.length]!,
  };
  return { ...people, steps: stepsOf(world, people) };
}

function* stepsOf(world: QuickWorld, { patient, doctor, lab, pharmacy }: Omit<Life, 'steps'>): Life['steps'] {
  const order = world.order(doctor, patient);
  yield [world.register(doctor, patient), order];
  yield [world.answer(lab, order), world.consult(doctor, patient)];
  const [taken, notTaken] = [world.prescribe(doctor, patient), world.prescribe(doctor, patient)];
  yield [taken, notTaken];
  yield [world.fill(pharmacy, taken), world.cancel(doctor, notTaken)];
  yield [world.pay(doctor, lab, 1)];
}

/** What happens to the patient who is watched in a block: registered in the first, seen at even distances. */
function watchedIn(world: QuickWorld, height: number, blocks: number): Transaction[] {
  const doctor = doctors[0]!;
  const patient = watchedPatientOf(world);
  const seen = watchedEvents - 1;
  const seenUpTo = (end: number) => Math.floor((end * seen) / blocks);
  const times = seenUpTo(height) - seenUpTo(height - 1);
  return [
    ...(height === 1 ? [world.register(doctor, patient)] : []),
    ...Array.from({ length: times }, () => world.consult(doctor, patient)),
  ];
}

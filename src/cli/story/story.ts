/**
 * The story that `npm start` plays and the tests play too: who types what at which node, what happens underneath, and the
 * books after each block. Data only.
 *
 * `{name}` in a command or sentence stands for a value that an earlier answer gave; `keep` says which to keep.
 */
export type StoryNode = 'doctor' | 'lab' | 'pharmacy';

/** Balances of dr_alice, lab_tech_bob, pharm_charlie and SYSTEM_BANK_001. */
export type Books = readonly [alice: number, bob: number, charlie: number, system: number];

export const accounts = ['dr_alice', 'lab_tech_bob', 'pharm_charlie', 'SYSTEM_BANK_001'] as const;

export interface StoryStep {
  readonly node: StoryNode;
  /** Typed one after the other at that node. */
  readonly commands: readonly string[];
  /** Fields of the answers to keep, under a name of the story: `patientId` as `patient`. */
  readonly keep?: Readonly<Record<string, string>>;
  /** What happens, for the one who watches. */
  readonly sentence: string;
  /** What happens underneath. */
  readonly underneath: string;
  /** After a step that mines: the books on every node. */
  readonly books?: Books;
}

export const story: readonly StoryStep[] = [
  {
    node: 'doctor',
    commands: ['login dr_alice password123', 'register Jane Doe --born 1980-02-29'],
    keep: { patientId: 'patient' },
    sentence: 'Dr Alice logs in and registers Jane Doe.',
    underneath:
      'Her password opened her key file; her key signed a registration that names only a random id, {patient}. The name is sealed.',
  },
  {
    node: 'doctor',
    commands: ['consult --notes "Tired for weeks, pale. Suspect anaemia." --order-test'],
    keep: { orderId: 'order' },
    sentence: 'She sees Jane and orders a blood test.',
    underneath: 'Notes and order are sealed apart: the laboratory can open order {order}, and never the notes.',
  },
  {
    node: 'doctor',
    commands: ['mine'],
    sentence: 'The clinic mines block #1.',
    underneath:
      'A nonce made the hash of the block small enough; lab and pharmacy checked every rule before they took it.',
    books: [0, 0, 0, 1_000_000],
  },
  {
    node: 'lab',
    commands: [
      'login lab_tech_bob labpass',
      'set_patient {patient}',
      'perform_test --hemoglobin 13.9 --wbc 6200 --platelets 250000',
    ],
    sentence: 'At the laboratory, Bob performs the test.',
    underneath:
      'His result answers the open order, once; the values are sealed for him and for the doctor who ordered.',
  },
  {
    node: 'lab',
    commands: ['mine'],
    sentence: 'The laboratory mines block #2.',
    underneath:
      'The result is in a block, so a reward of 500 is due to Dr Alice. Nobody signs it: every node derives the same one.',
    books: [0, 0, 0, 1_000_000],
  },
  {
    node: 'pharmacy',
    commands: ['mine'],
    sentence: 'The pharmacy mines block #3, which pays the reward.',
    underneath: 'A block with a due reward and no transaction is a block; an empty one would be refused.',
    books: [500, 0, 0, 999_500],
  },
  {
    node: 'doctor',
    commands: [
      'history',
      'prescribe --medication "Ferrous sulfate" --dosage "200 mg" --frequency "twice a day" --duration "8 weeks"',
    ],
    keep: { transactionId: 'prescription' },
    sentence: 'Dr Alice reads the result, prescribes iron, and pays the laboratory 100 for its report.',
    underneath:
      'Two transactions: prescription {prescription}, sealed for the pharmacies, and a transfer that her balance covers.',
  },
  {
    node: 'doctor',
    commands: ['mine'],
    sentence: 'The clinic mines block #4.',
    underneath: 'The prescription is in the chain and open; the transfer moved 100.',
    books: [400, 100, 0, 999_500],
  },
  {
    node: 'pharmacy',
    commands: ['login pharm_charlie pharmpass', 'set_patient {patient}', 'fill --yes'],
    sentence: 'At the pharmacy, Charlie dispenses the iron.',
    underneath: 'The fill closes the prescription. A second fill, at any pharmacy, is refused by every node.',
  },
  {
    node: 'pharmacy',
    commands: ['mine'],
    sentence: 'The pharmacy mines block #5.',
    underneath: 'The fill is in a block, so a reward of 700 is due to the prescriber.',
    books: [400, 100, 0, 999_500],
  },
  {
    node: 'lab',
    commands: ['mine'],
    sentence: 'The laboratory mines block #6, which pays it.',
    underneath: 'The sum of all balances is still exactly 1,000,000.',
    books: [1_100, 100, 0, 998_800],
  },
  {
    node: 'lab',
    commands: ['verify', 'recalc_balances', 'history {patient}'],
    sentence: 'The laboratory checks the whole chain again from the genesis, and replays all balances.',
    underneath:
      'Every signature, hash and rule held, and the replay equals the books. Of Jane it can read what it was named reader of.',
  },
];

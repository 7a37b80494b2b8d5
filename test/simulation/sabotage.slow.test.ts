/**
 * Proof that a simulation notices what is broken: for each invariant something is broken on purpose, as a mistake in the
 * product or a machine that fails unseen would break it, and that invariant is the one that speaks. Unbroken, the same
 * stories are told to their end.
 */
import { describe, expect, test } from 'vitest';
import { storeKeys, type Write } from '../../src/storage/index.ts';
import type { Machine } from './machine.ts';
import {
  answerEachSignature,
  bendBroadcasts,
  cutAt,
  isOf,
  makeMistake,
  rejectWithMistake,
  rewritten,
  showElsewhere,
  withBalances,
  withoutOutbox,
} from './sabotage.ts';
import { type Deed, type Fault, type Scenario, scenarioOf } from './scenario.ts';
import { shrink, storyOf } from './shrink.ts';
import { type SimulationOptions, simulate } from './simulate.ts';
import type { Village } from './village.ts';
import { type InvariantName, invariantNames } from './violation.ts';

/** When the last deed is done, and the fault strikes where there is one. */
const lastDeedMs = 13_000;
const faultMs = 14_000;

/** Two nodes, two blocks, and what was written after them and is pending. */
const stories = {
  calm: storyWith(),
  'a kill': storyWith({ fault: 'kill', node: 'doctor', forMs: 1_000, power: false }),
  'a power cut': storyWith({ fault: 'kill', node: 'doctor', forMs: 1_000, power: true }),
  'a restart': storyWith({ fault: 'restart', node: 'doctor', forMs: 1_000 }),
  'a fault that finds nothing': storyWith({ fault: 'damaged-value', node: 'doctor', how: 'bent', family: 'lost/' }),
  'a lost disk': storyWith(
    { fault: 'damaged-value', node: 'doctor', how: 'bent', family: 'outbox/' },
    { fault: 'lost-disk', node: 'doctor', forMs: 1_000 },
  ),
  'a bent block': storyWith({ fault: 'damaged-value', node: 'doctor', how: 'bent', family: 'block/' }),
} as const satisfies Record<string, Scenario>;

function storyWith(...faults: readonly Fault[]): Scenario {
  const plan = (atSeconds: number, node: string, deed: Deed['deed']) => ({
    atMs: 1_000 * atSeconds,
    what: { node, deed },
  });
  return {
    seed: 39,
    nodes: ['doctor', 'lab'],
    liars: [],
    skewsMs: {},
    mineEverySeconds: {},
    scrubEveryMs: {},
    faults: faults.map((what) => ({ atMs: faultMs, what })),
    deeds: [
      plan(2, 'doctor', 'submit'),
      plan(3, 'doctor', 'submit'),
      plan(4, 'doctor', 'mine'),
      plan(7, 'lab', 'submit'),
      plan(8, 'doctor', 'submit'),
      plan(9, 'lab', 'mine'),
      plan(12, 'doctor', 'submit'),
      plan(lastDeedMs / 1_000, 'doctor', 'submit'),
    ],
  };
}

interface Row {
  readonly invariant: InvariantName;
  /** What is broken, in words. */
  readonly how: string;
  readonly story: keyof typeof stories;
  /** What the violation says. */
  readonly says: string;
  readonly sabotage: (doctor: Machine, village: Village) => void;
}

const rows: readonly Row[] = [
  {
    invariant: 'a head is never worse than the one before it',
    how: 'a node is started with an empty disk, and nobody has changed it',
    story: 'a kill',
    says: 'doctor was at #2, is at #0',
    sabotage: (doctor, { timeline }) => {
      timeline.after(faultMs + 500, 'a disk is empty', () => doctor.disk.wipe());
    },
  },
  {
    invariant: 'a chain is whole',
    how: 'a node no longer has the block of its head',
    story: 'calm',
    says: 'doctor lacks #1',
    sabotage: (doctor) => {
      doctor.spoil = (node) => {
        const block = node.block.bind(node);
        node.block = (hash) => (hash === node.head().hash ? undefined : block(hash));
      };
    },
  },
  {
    invariant: 'only valid blocks are followed',
    how: 'a node takes every signature for good, and one is bent on its way',
    story: 'calm',
    says: 'lab has #2: bad-signature',
    sabotage: (doctor, { machines }) => {
      bendBroadcasts(doctor, '/transactions/1');
      answerEachSignature(machines.get('lab')!, true);
    },
  },
  {
    invariant: 'money is conserved',
    how: 'a balance is written wrongly',
    story: 'calm',
    says: 'doctor has 1000001',
    sabotage: (doctor, { world }) => {
      doctor.disk.keeps = (writes) => withBalances(writes, { [world.id('alice')]: 1 });
    },
  },
  {
    invariant: 'a balance is what the chain says',
    how: 'one account has what is another’s',
    story: 'calm',
    says: 'doctor at #1',
    sabotage: (doctor, { world }) => {
      const wrongBy = { [world.id('alice')]: 1, [world.id('SYSTEM')]: -1 };
      doctor.disk.keeps = (writes) => withBalances(writes, wrongBy);
    },
  },
  {
    invariant: 'what is asked is answered',
    how: 'a query fails on what is confirmed',
    story: 'calm',
    says: 'a block without a body',
    sabotage: (doctor) => {
      doctor.spoil = (node) => {
        const find = node.find.bind(node);
        node.find = (id) => {
          const found = find(id);
          if (found?.where.state === 'confirmed') throw new TypeError('a block without a body');
          return found;
        };
      };
    },
  },
  {
    invariant: 'what is asked is answered',
    how: 'a block is damaged, where a fault has found nothing to damage',
    story: 'a fault that finds nothing',
    says: 'is damaged',
    sabotage: (doctor, { timeline }) => {
      timeline.after(faultMs + 500, 'a block is bent', async () => {
        await doctor.disk.damage('bent', 'block/');
      });
    },
  },
  {
    invariant: 'what is asked is answered',
    how: 'a disk is full, and nobody has filled it',
    story: 'calm',
    says: 'could not write to its data folder',
    sabotage: (doctor, { timeline }) => {
      timeline.after(5_000, 'a disk is full', () => {
        doctor.disk.isFull = true;
      });
    },
  },
  {
    invariant: 'what is asked comes to an end',
    how: 'a disk never answers again',
    story: 'calm',
    says: 'doctor does not answer',
    sabotage: (doctor, { timeline }) => {
      timeline.after(lastDeedMs - 500, 'a disk stands still', () => {
        doctor.disk.slowMs = Number.POSITIVE_INFINITY;
      });
    },
  },
  {
    invariant: 'what is asked comes to an end',
    how: 'a user is never told that it was written',
    story: 'calm',
    says: 'doctor: submit',
    sabotage: (doctor) => {
      doctor.spoil = (node) => {
        const submit = node.submit.bind(node);
        node.submit = async (transaction) => {
          await submit(transaction);
          return new Promise(() => {});
        };
      };
    },
  },
  {
    invariant: 'what is asked comes to an end',
    how: 'a check of the chain never ends',
    story: 'calm',
    says: 'doctor #5',
    sabotage: (doctor) => {
      doctor.spoil = (node) => {
        node.verify = () => new Promise(() => {});
      };
    },
  },
  {
    invariant: 'what was acknowledged is kept',
    how: 'a disk forgets what users wrote',
    story: 'a kill',
    says: 'doctor no longer knows',
    sabotage: (doctor) => {
      doctor.disk.keeps = withoutOutbox;
    },
  },
  {
    invariant: 'what was acknowledged is kept',
    how: 'nothing is synced, and the power goes',
    story: 'a power cut',
    says: 'doctor no longer knows',
    sabotage: (doctor, { timeline }) => {
      timeline.after(lastDeedMs - 500, 'a disk no longer syncs', () => {
        doctor.disk.syncs = false;
      });
    },
  },
  {
    invariant: 'what was acknowledged is lawful',
    how: 'after a start every signature looks forged',
    story: 'a kill',
    says: 'bad-signature',
    sabotage: (doctor, { timeline }) => {
      timeline.after(faultMs, 'signatures look forged', () => answerEachSignature(doctor, false));
    },
  },
  {
    invariant: 'what was acknowledged ends lawfully',
    how: 'a confirmed one is shown in another block',
    story: 'calm',
    says: 'confirmed in #2, where it is not',
    sabotage: (doctor) => {
      doctor.spoil = (node) =>
        showElsewhere(node, (where) => (where.state === 'confirmed' ? { ...where, height: where.height + 1 } : where));
    },
  },
  {
    invariant: 'what was acknowledged ends lawfully',
    how: 'a confirmed one is shown as lost to another',
    story: 'calm',
    says: 'lost for order-already-answered, and the rules say already-in-chain',
    sabotage: (doctor) => {
      const rejection = { code: 'order-already-answered', facts: {} } as const;
      doctor.spoil = (node) =>
        showElsewhere(node, (where) => (where.state === 'confirmed' ? { state: 'lost', rejection } : where));
    },
  },
  {
    invariant: 'what was acknowledged ends lawfully',
    how: 'a confirmed one is shown as if it still waited',
    story: 'calm',
    says: 'waiting for unknown-patient, and the rules say already-in-chain',
    sabotage: (doctor) => {
      const rejection = { code: 'unknown-patient', facts: {} } as const;
      doctor.spoil = (node) =>
        showElsewhere(node, (where) => (where.state === 'confirmed' ? { state: 'waiting', rejection } : where));
    },
  },
  {
    invariant: 'no honest peer is punished',
    how: 'an honest node bends the blocks that it sends',
    story: 'calm',
    says: 'lab shuns doctor',
    sabotage: (doctor) => {
      bendBroadcasts(doctor, '/blocks/1');
    },
  },
  {
    invariant: 'no fault without a cause',
    how: 'a block is damaged on a disk that is new',
    story: 'a lost disk',
    says: 'doctor finds damage: {"block":1}',
    sabotage: (doctor, { timeline }) => {
      timeline.after(faultMs + 3_000, 'a block is bent', async () => {
        // Not one that is read with the next head.
        await doctor.disk.damage('bent', storeKeys.block(doctor.node!.hashAt(1)!));
      });
    },
  },
  {
    invariant: 'no fault without a cause',
    how: 'a clock is wrong, and nobody has set it so',
    story: 'calm',
    says: 'clock-skewed',
    sabotage: (doctor, { timeline }) => {
      timeline.after(5_000, 'a clock jumps', () => {
        doctor.clockOffsetMs = 3_600_000;
      });
    },
  },
  {
    invariant: 'no fault without a cause',
    how: 'a program forgets to write who authored what',
    story: 'calm',
    says: 'doctor finds damage: {"authored":',
    sabotage: (doctor) => {
      doctor.disk.keeps = (writes) => writes.filter((write) => !isOf('authored/')(write));
    },
  },
  {
    invariant: 'no error stands in a log without a cause',
    how: 'who listens to a node fails',
    story: 'calm',
    says: 'a listener failed',
    sabotage: (doctor) => {
      doctor.spoil = (node) => node.on('tip', makeMistake);
    },
  },
  {
    invariant: 'no error is left unhandled',
    how: 'nobody waits for a task that fails',
    story: 'calm',
    says: 'TypeError: a mistake',
    sabotage: (doctor) => {
      doctor.spoil = (node) => node.on('tip', () => void rejectWithMistake());
    },
  },
  {
    invariant: 'no error is left unhandled',
    how: 'what a timer calls fails',
    story: 'calm',
    says: 'TypeError: a mistake',
    sabotage: (doctor) => {
      doctor.bend = (given) => {
        given.clock.after(5_000, makeMistake);
        return given;
      };
    },
  },
  {
    invariant: 'no error is left unhandled',
    how: 'a node fails over what a peer sends',
    story: 'calm',
    says: 'doctor fails over what a peer sent',
    sabotage: (doctor) => {
      doctor.bend = ({ transport, ...given }) => ({
        ...given,
        transport: { ...transport, subscribe: (topic) => transport.subscribe(topic, rejectWithMistake) },
      });
    },
  },
  {
    invariant: 'no error is left unhandled',
    how: 'a node fails over what a peer asks',
    story: 'calm',
    says: 'doctor fails over what a peer sent',
    sabotage: (doctor) => {
      doctor.bend = ({ transport, ...given }) => ({
        ...given,
        transport: {
          ...transport,
          handle: (protocol, requestBytes) => transport.handle(protocol, requestBytes, rejectWithMistake),
        },
      });
    },
  },
  {
    invariant: 'a node starts again',
    how: 'the tip is stored cut short',
    story: 'a kill',
    says: 'folder-damaged',
    sabotage: (doctor) => {
      doctor.disk.keeps = (writes) => writes.map((write) => rewritten(write, 'tip', (value) => value.slice(1)));
    },
  },
  {
    invariant: 'a node stops soon',
    how: 'a node waits for a disk that never answers',
    story: 'a restart',
    says: 'doctor did not within 60000 ms',
    sabotage: (doctor, { timeline }) => {
      timeline.after(lastDeedMs - 500, 'a disk stands still', () => {
        doctor.disk.slowMs = Number.POSITIVE_INFINITY;
      });
    },
  },
  {
    invariant: 'all agree soon after the last fault',
    how: 'a path is cut, and stays so',
    story: 'calm',
    says: 'with 0 peers',
    sabotage: (_doctor, village) => cutAt(village, 8_500),
  },
  {
    invariant: 'all agree in the end',
    how: 'a path is cut before the last block is mined',
    story: 'calm',
    says: 'with 0 peers',
    sabotage: (_doctor, village) => cutAt(village, 11_000),
  },
  {
    invariant: 'settling comes to an end',
    how: 'a miner says each time that it took too long',
    story: 'calm',
    says: 'at last doctor mining-timed-out',
    sabotage: (doctor) => {
      doctor.spoil = (node) => {
        const mine = node.mine.bind(node);
        node.mine = async () => {
          await mine();
          return { ok: false, code: 'mining-timed-out' };
        };
      };
    },
  },
  {
    invariant: 'what is pending gets into a block',
    how: 'no node finds anything to mine',
    story: 'calm',
    says: 'doctor has',
    sabotage: (_doctor, { machines }) => {
      for (const machine of machines.values())
        machine.spoil = (node) => {
          node.mine = async () => ({ ok: false, code: 'nothing-to-mine' });
        };
    },
  },
  {
    invariant: 'what is damaged heals',
    how: 'a body that comes from a peer, and is the remedy, is not kept',
    story: 'a bent block',
    says: 'doctor: block/',
    sabotage: (doctor) => {
      doctor.disk.keeps = (writes) => (writes.length === 1 && writes.some(isOf('block/')) ? [] : writes);
    },
  },
  {
    invariant: 'what waits goes on when it can',
    how: 'a node forgets to look again at what waits',
    story: 'calm',
    says: 'for unknown-patient',
    sabotage: (doctor, { world }) => {
      const transaction = world.register('alice', 'zoe');
      const where = { state: 'waiting', rejection: { code: 'unknown-patient', facts: {} } } as const;
      doctor.spoil = (node) => {
        const pending = node.pending.bind(node);
        const forgotten = {
          id: transaction.id,
          entry: { type: 'transaction', transaction },
          where,
          own: false,
        } as const;
        node.pending = () => [...pending(), forgotten];
      };
    },
  },
  {
    invariant: 'what happens once happens once',
    how: 'two heights name one block',
    story: 'calm',
    says: 'doctor: transaction',
    sabotage: (doctor) => {
      doctor.spoil = (node) => {
        const hashAt = node.hashAt.bind(node);
        node.hashAt = (height) => hashAt(Math.min(height, 1));
      };
    },
  },
  {
    invariant: 'a replay agrees',
    how: 'a replay takes the time from a clock that is long behind',
    story: 'calm',
    says: 'doctor at #1: block-from-the-future',
    sabotage: (doctor) => {
      doctor.spoil = (node) => {
        const verify = node.verify.bind(node);
        node.verify = () => {
          doctor.clockOffsetMs -= 3_600_000;
          return verify();
        };
      };
    },
  },
  {
    invariant: 'the stored state is that of a replay',
    how: 'a row goes after the last look at the folder',
    story: 'calm',
    says: 'doctor: folder/authored/',
    sabotage: (doctor) => {
      doctor.spoil = (node) => {
        const scrub = node.scrub.bind(node);
        node.scrub = async () => {
          const outcome = await scrub();
          await doctor.disk.damage('gone', 'authored/');
          return outcome;
        };
      };
    },
  },
];

describe('what is broken on purpose is noticed', () => {
  test.each(Object.keys(stories) as (keyof typeof stories)[])(
    'nothing is wrong where nothing is broken: %s',
    async (story) => {
      const outcome = await simulate(stories[story]);
      expect(outcome.violation).toBeNull();
      expect(outcome.acknowledged).toBeGreaterThan(3);
      expect(outcome.height).toBeGreaterThan(2);
    },
  );

  test.each(rows)('$invariant: $how', async ({ invariant, story, says, sabotage }) => {
    const broken = { sabotage: (village: Village) => sabotage(village.machine('doctor'), village) };
    const { violation, trace } = await simulate(stories[story], broken);
    expect(violation, trace.lines.join('\n')).toEqual({ invariant, what: expect.stringContaining(says) });
  });

  test('every invariant has a row', () => {
    const proven = rows.map(({ invariant }) => invariant);
    expect(invariantNames.filter((name) => !proven.includes(name))).toEqual([]);
  });
});

test('a failing story is cut down to what it takes to fail', { timeout: 120_000 }, async () => {
  const options: SimulationOptions = {
    sabotage(village) {
      // What a block takes out of the outbox is in one batch with the block, which is kept.
      const isSubmitted = (write: Write) => write.type === 'put' && isOf('outbox/')(write);
      village.machine('doctor').disk.keeps = (writes) => (writes.some(isSubmitted) ? [] : writes);
    },
  };
  // Of some other seeds more is left.
  const failed = await simulate(scenarioOf(3), options);
  expect(failed.violation?.invariant).toBe('what was acknowledged is kept');
  const small = await shrink(failed, options);
  expect(small.violation?.invariant).toBe('what was acknowledged is kept');
  // One entry, and one end of the process: nothing else is needed.
  expect(small.scenario.faults.length).toBeLessThanOrEqual(2);
  expect(small.scenario.deeds.length).toBeLessThanOrEqual(3);
  expect(storyOf(small).join('\n')).toMatch(/no longer knows|is nowhere/);
});

/**
 * Clusters that live by chance: three nodes submit, mine, are cut and healed, in an order that a seed decides. Whatever
 * happened, at the end there is one chain that a replay agrees with, and nothing that a user was told "ok" about is gone.
 */
import { afterEach, expect, test } from 'vitest';
import {
  readBalance,
  readOrder,
  readPatient,
  readPosition,
  readPrescription,
  type Transaction,
} from '../../src/ledger/index.ts';
import { type Cluster, createCluster } from '../support/cluster.ts';
import { fastClock } from '../support/fast-clock.ts';
import { patientIdFrom } from '../support/ledger.ts';

const names = ['doctor', 'lab', 'pharmacy'];
const seeds = Array.from({ length: 20 }, (_, index) => index + 1);
const steps = 100;

let cluster: Cluster;
afterEach(() => cluster.stop());

/** Numbers below `most` that only the seed decides (mulberry32). */
function chanceOf(seed: number): (most: number) => number {
  let state = seed;
  return (most) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % most;
  };
}

/** What was made so far, by anybody. */
class Life {
  readonly patients = ['jane'];
  readonly orders: Transaction[] = [];
  readonly prescriptions: Transaction[] = [];
  /** Id -> the node whose user was told "ok". */
  readonly acknowledged = new Map<string, string>();

  /** Something that a user of the node may want to do; sensible for what the node knows, most of the time. */
  next(name: string, chance: (most: number) => number): Transaction {
    const { world } = cluster;
    const { pendingState } = cluster.node(name);
    const pick = <One>(list: readonly One[]) => list[chance(list.length)]!;
    const anyOr = <One>(known: readonly One[], all: readonly One[]) =>
      pick(known.length > 0 && chance(10) > 0 ? known : all);
    const what = chance(10);
    const patients = this.patients.filter((patient) => readPatient(pendingState, patientIdFrom(patient)));
    const orders = this.orders.filter(({ id }) => readOrder(pendingState, id)?.answer === null);
    const prescriptions = this.prescriptions.filter(({ id }) => readPrescription(pendingState, id)?.status === 'open');
    if (what < 3 && this.prescriptions.length > 0)
      return world.fill(pick(['charlie', 'carol']), anyOr(prescriptions, this.prescriptions));
    if (what < 5 && this.orders.length > 0) return world.answer(pick(['bob', 'beth']), anyOr(orders, this.orders));
    const doctor = pick(['alice', 'adam']);
    const patient = anyOr(patients, this.patients);
    if (what === 5) {
      // Two sides of a cut may register the same patient.
      this.patients.push(`patient ${this.patients.length - chance(2)}`);
      return world.register(doctor, this.patients.at(-1)!);
    }
    if (what === 6) return keep(this.orders, world.order(doctor, patient));
    if (what === 7) return keep(this.prescriptions, world.prescribe(doctor, patient));
    if (what === 8 && prescriptions.length > 0) return world.cancel('alice', pick(prescriptions));
    return world.pay(pick(['alice', 'adam']), pick(['charlie', 'dana', 'SYSTEM']), 1 + chance(600));
  }
}

function keep(list: Transaction[], transaction: Transaction): Transaction {
  list.push(transaction);
  return transaction;
}

async function live(seed: number): Promise<Life> {
  const chance = chanceOf(seed);
  const life = new Life();
  const submit = async (name: string, transaction: Transaction) => {
    if ((await cluster.submit(name, transaction)) === 'OK') life.acknowledged.set(transaction.id, name);
  };
  await submit('doctor', cluster.world.register('alice', 'jane'));
  for (let step = 0; step < steps; step++) {
    const name = names[chance(names.length)]!;
    const what = chance(20);
    if (what < 10) await submit(name, life.next(name, chance));
    else if (what < 16) await cluster.mine(name);
    else if (what < 18)
      await cluster.cut(
        [name],
        names.filter((other) => other !== name),
      );
    else if (what < 19) cluster.heal();
    else {
      await cluster.stop(name);
      await cluster.start(name);
    }
  }
  cluster.heal();
  await cluster.linked();
  const oneHead = () => new Set(cluster.nodes.map((node) => node.head().hash)).size === 1;
  // Two that exclude each other may be pending on different nodes: a block decides which of them is lost.
  for (let idle = 0; idle < names.length; idle++) {
    await cluster.until(oneHead, 'one head');
    if (typeof (await cluster.mine(names[idle]!)) === 'number') idle = -1;
  }
  await cluster.agree();
  return life;
}

test.each(seeds)('three nodes that live by the seed %i end with one chain, and nothing is forgotten', async (seed) => {
  cluster = await createCluster(names, { clock: fastClock(20) });
  const life = await live(seed);
  for (const name of names) {
    const node = cluster.node(name);
    expect([seed, name, (await node.verify()).failure]).toEqual([seed, name, null]);
    expect([seed, name, await node.recalculateBalances()]).toEqual([seed, name, { equal: true, repaired: [] }]);
    const sum = Object.values(cluster.balances(name)).reduce((total, balance) => total + balance, 0);
    expect([seed, name, sum]).toEqual([seed, name, cluster.world.genesis.supply]);
  }
  const gone = [...life.acknowledged].filter(([id, name]) => {
    const where = cluster.where(name, id).split(':')[0]!;
    return !['confirmed', 'pending', 'waiting', 'lost'].includes(where);
  });
  expect([seed, gone]).toEqual([seed, []]);
  expect([seed, twice(life)]).toEqual([seed, []]);
});

/** Orders and prescriptions that were answered, closed or rewarded more than once. */
function twice({ orders, prescriptions }: Life): string[] {
  const node = cluster.node('doctor');
  const blocks = Array.from({ length: node.head().height }, (_, index) => node.block(node.hashAt(index + 1)!)!);
  const counts = new Map<string, number>();
  const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
  const causes = new Map<string, string>();
  for (const { transactions } of blocks) {
    for (const { id, body } of transactions) {
      count(id);
      if (body.kind === 'LAB_TEST_RESULT') causes.set(id, `answer of ${body.order}`);
      if (body.kind === 'PRESCRIPTION_FILLED') causes.set(id, `fill of ${body.prescription}`);
    }
  }
  for (const cause of causes.values()) count(cause);
  for (const { hash } of blocks) for (const { cause } of node.rewardsOf(hash)) count(`reward for ${causes.get(cause)}`);
  // Nothing is counted that the state does not know.
  for (const { id } of [...orders, ...prescriptions])
    if (counts.has(id) && !readPosition(node.state, id)) counts.set(id, 2);
  if (readBalance(node.state, cluster.world.id('SYSTEM')) < 0) counts.set('SYSTEM', 2);
  return [...counts].filter(([, times]) => times > 1).map(([what]) => what);
}

/** The folders that are damaged: two nodes that have worked, hold tables and a log, and were killed; and a peer that goes on. */

import { Cable } from '../../support/cable.ts';
import { comesTrue } from '../../support/waiting.ts';
import { confirmedIds, unreadable } from '../audit.ts';
import { Cluster } from '../cluster.ts';
import type { PipedNode } from '../piped-node.ts';
import type { Role } from '../roles.ts';
import { straightSeats } from '../seats.ts';

export interface Victim {
  readonly role: Role;
  /** Its data folder, with nothing damaged. */
  readonly sound: string;
  readonly height: number;
  /** What its users were told "ok" for and the peers have in their chain. */
  readonly heldElsewhere: readonly string[];
  /** Signed while it was offline, and what lost a race and stands in its list alone: nobody else has it. */
  readonly onlyHere: readonly string[];
  /** Of what is held elsewhere, words of sealed records that were promised at this node. */
  readonly words: readonly { readonly id: string; readonly says: string }[];
  readonly patients: readonly string[];
  /** The way to the donor of whatever node runs on a copy. */
  readonly cable: Cable;
  /**
   * The command line of a node on a folder. It listens where nobody looks for it, and knows its donor through the cable
   * alone, so that it has nothing but its disk while the cable is cut.
   */
  commandLine(dataDir: string): readonly string[];
}

export interface Donor {
  readonly node: PipedNode;
  readonly balances: string;
  readonly height: number;
}

interface Prepared {
  readonly donor: Donor;
  readonly victims: readonly Victim[];
}

const acknowledgementsPerRound = 60;
const workPatienceMs = 20_000;
const agreeMs = 30_000;
const mostBlocks = 50;
const victimRoles = ['lab', 'pharmacy'] as const;

export async function prepareVictims(folder: string, seed: number): Promise<Prepared & { cluster: Cluster }> {
  const seats = await straightSeats();
  const address = `127.0.0.1:${seats.doctor.port}`;
  const withDonor = (role: (typeof victimRoles)[number]) => ({ ...seats[role], peers: [address] });
  const cluster = new Cluster({
    folder,
    seed: `${seed}/damage`,
    seats: { doctor: { ...seats.doctor, peers: [] }, lab: withDonor('lab'), pharmacy: withDonor('pharmacy') },
  });
  try {
    return { cluster, ...(await workAndStop(cluster, seats.doctor.port)) };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

async function workAndStop(cluster: Cluster, donorPort: number): Promise<Prepared> {
  await cluster.startAll();
  // A node that starts moves its log into a table: two rounds, so that there are some of both.
  for (let round = 0; round < 2; round++) {
    await cluster.work();
    // On a slow machine there is less in them.
    await comesTrue(() => cluster.log.count >= (round + 1) * acknowledgementsPerRound, workPatienceMs);
    await cluster.rest();
    for (const role of victimRoles) {
      await cluster.node(role).stop();
      await cluster.start(role);
    }
  }
  for (let blocks = 0; blocks < mostBlocks && (await cluster.node('doctor').ask('mine'))?.ok; blocks++);
  if ((await cluster.agree(agreeMs)) === null)
    throw new Error('The nodes did not agree before their folders were damaged.');
  // What a copy has lost of these it can have from the donor, if the donor has them.
  const promised = cluster.log.read().filter(({ says }) => says !== null);
  const inChain = await confirmedIds(cluster);
  const late = await unreadable(
    cluster,
    promised.filter(({ id }) => inChain.has(id)),
  );
  if (late.length > 0) throw new Error(`The donor lacks words before any folder was damaged: ${late[0]}`);

  const own = { lab: await signAlone(cluster, 'lab'), pharmacy: await signAlone(cluster, 'pharmacy') };
  const { height } = (await cluster.standing('doctor'))!;
  const balances = JSON.stringify((await cluster.node('doctor').ask('balances'))!.result!.balances);
  const laid = await Promise.all(
    victimRoles.map(async (role) => {
      const cable = new Cable({ farPort: donorPort });
      return { role, cable, port: await cable.listen() };
    }),
  );
  const victims = laid.map(({ role, cable, port }): Victim => {
    const ids = cluster.log.by(role).map(({ id }) => id);
    const sound = cluster.dataDir(role);
    return {
      role,
      sound,
      height,
      heldElsewhere: ids.filter((id) => inChain.has(id)),
      onlyHere: [own[role], ...ids.filter((id) => !inChain.has(id))],
      words: promised.flatMap(({ id, node, says }) =>
        node === role && says !== null && inChain.has(id) ? [{ id, says }] : [],
      ),
      patients: [...cluster.patients],
      cable,
      commandLine: (dataDir) =>
        withOptions(cluster.commandLine(role), { dataDir, port: '0', peers: `127.0.0.1:${port}` }),
    };
  });
  return { donor: { node: cluster.node('doctor'), balances, height }, victims };
}

/** A command line with other values for some of its options. */
function withOptions(
  words: readonly string[],
  { dataDir, port, peers }: { dataDir: string; port: string; peers: string },
): string[] {
  const values = new Map([
    ['--data-dir', dataDir],
    ['--port', port],
    ['--peers', peers],
  ]);
  return words.map((word, at) => values.get(words[at - 1] ?? '') ?? word);
}

/** Signs something that nobody else hears of, and is killed: who stops has nothing left in its log. @returns its id. */
async function signAlone(cluster: Cluster, role: Role): Promise<string> {
  const node = cluster.node(role);
  await node.ask('offline');
  await node.ask('login dr_alice password123');
  const answer = await node.ask('register Somebody Unheard-of');
  await node.kill();
  return String(answer!.result!.transactionId);
}

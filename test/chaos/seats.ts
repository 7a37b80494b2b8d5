/** The ways in which the three nodes of a cluster can be linked. */
import { networkInterfaces } from 'node:os';
import { Cable } from '../support/cable.ts';
import { freePort } from '../support/processes.ts';
import { canTellDiallers, isDialledBy } from '../support/sockets.ts';
import type { Seat } from './cluster.ts';
import type { CutShape } from './plan.ts';
import { type Role, roles } from './roles.ts';

const loopback = '127.0.0.1';

/** Each dials both others. */
export async function straightSeats(): Promise<Record<Role, Seat>> {
  const ports = { doctor: await freePort(), lab: await freePort(), pharmacy: await freePort() };
  const seat = (role: Role): Seat => ({
    host: loopback,
    port: ports[role],
    peers: roles.filter((other) => other !== role).map((other) => `${loopback}:${ports[other]}`),
  });
  return { doctor: seat('doctor'), lab: seat('lab'), pharmacy: seat('pharmacy') };
}

export interface CabledSeats {
  readonly seats: Readonly<Record<Role, Seat>>;
  /** The cables that a cut of this shape goes through. */
  cablesOf(shape: CutShape): readonly Cable[];
  close(): Promise<void>;
}

/**
 * The doctor's node is dialled by both others, the laboratory's by the pharmacy's, each through a cable. Nodes tell each
 * other where they listen, and would soon go around the cables. They do not dial an address of loopback that somebody
 * from elsewhere has told them, so the cables stand at an address of this machine that is none. They also tell each other
 * where they have found a third, which is the cable of the teller: it serves nobody else.
 * @param processOf the running process of a role.
 * @returns why this machine cannot have cables, where it cannot.
 */
export async function cabledSeats(processOf: (role: Role) => number): Promise<CabledSeats | string> {
  const address = addressOfThisMachine();
  if (address === null)
    return 'this machine has no address but loopback, and around cables there the nodes would find a way';
  if (!canTellDiallers)
    return 'this machine does not tell which process has dialled, and nodes would share their cables';
  const ports = { doctor: await freePort(), lab: await freePort(), pharmacy: await freePort() };
  const cable = (from: Role, to: Role) =>
    new Cable({ farPort: ports[to], address, serves: (near) => isDialledBy(processOf(from), near) });
  const labToDoctor = cable('lab', 'doctor');
  const pharmacyToDoctor = cable('pharmacy', 'doctor');
  const pharmacyToLab = cable('pharmacy', 'lab');
  const seat = async (role: Role, cables: readonly Cable[]): Promise<Seat> => {
    const peers = await Promise.all(cables.map(async (cable) => `${address}:${await cable.listen()}`));
    return { host: loopback, port: ports[role], peers, more: ['--expose-demo'] };
  };
  const all = [labToDoctor, pharmacyToDoctor, pharmacyToLab];
  const shapes: Readonly<Record<CutShape, readonly Cable[]>> = {
    hub: [labToDoctor, pharmacyToDoctor],
    middle: [labToDoctor, pharmacyToLab],
    'one-link': [pharmacyToLab],
    all,
  };
  return {
    seats: {
      doctor: await seat('doctor', []),
      lab: await seat('lab', [labToDoctor]),
      pharmacy: await seat('pharmacy', [pharmacyToDoctor, pharmacyToLab]),
    },
    cablesOf: (shape) => shapes[shape],
    close: async () => void (await Promise.all(all.map((cable) => cable.close()))),
  };
}

function addressOfThisMachine(): string | null {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? null;
}

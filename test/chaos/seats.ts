/** The ways in which the three nodes of a cluster can be linked. */
import { networkInterfaces } from 'node:os';
import { Cable } from '../support/cable.ts';
import { freePort } from '../support/processes.ts';
import { type Role, roles, type Seat } from './cluster.ts';
import type { CutShape } from './plan.ts';

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
 * from elsewhere has told them, so the cables stand at an address of this machine that is none.
 * @returns null on a machine without such an address.
 */
export async function cabledSeats(): Promise<CabledSeats | null> {
  const address = addressOfThisMachine();
  if (address === null) return null;
  const ports = { doctor: await freePort(), lab: await freePort(), pharmacy: await freePort() };
  const [labToDoctor, pharmacyToDoctor, pharmacyToLab] = [ports.doctor, ports.doctor, ports.lab].map(
    (farPort) => new Cable({ farPort, address }),
  ) as [Cable, Cable, Cable];
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

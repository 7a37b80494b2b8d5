/**
 * The same with the kernel's own means: each node in a network namespace, on a machine of its own as far as it can see,
 * and a cut is a link that is down. Needs root and `ip`; elsewhere it says why it does nothing.
 */
import { execFile, execFileSync } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { audit } from '../audit.ts';
import { Cluster, type Seat } from '../cluster.ts';
import type { NamespaceCut } from '../plan.ts';
import { addAudit } from '../report.ts';
import { type Role, roles } from '../roles.ts';
import type { Run } from '../run.ts';

const run = promisify(execFile);
const healPatienceMs = 120_000;
const workMs = 1_000;
/** Nodes that hear of each other have one tip within this, where nobody works. */
const togetherMs = 2_000;
const port = 5_001;

export async function runNamespaceCuts({ row, folder, seed }: Run, cuts: readonly NamespaceCut[]): Promise<void> {
  const net = new Namespaces(process.pid);
  try {
    await net.create();
  } catch (error) {
    await net.remove();
    row.skipped = `network namespaces cannot be made here (${error instanceof Error ? error.message.split('\n')[0] : error})`;
    return;
  }
  const seats = { doctor: net.seat('doctor'), lab: net.seat('lab'), pharmacy: net.seat('pharmacy') };
  const cluster = new Cluster({ folder, seed: `${seed}/namespace`, seats });
  try {
    await cluster.startAll();
    for (const { role, cutMs } of cuts) {
      const what = `link of ${role} down for ${cutMs / 1_000} s`;
      await cluster.work();
      await wait(workMs);
      await net.link(role, 'down');
      await wait(cutMs);
      await cluster.rest();
      // Ten seconds are less than a dead link may take to be noticed; but what was mined on one side is not on the other.
      const others = roles.filter((other) => other !== role);
      const isApart = await cluster.isApart(togetherMs);
      const [cutOff, ...linked] = await Promise.all([role, ...others].map((each) => cluster.standing(each)));
      const hadStruck =
        isApart && cutOff !== null && linked.every((each) => each !== null && each.tipHash !== cutOff?.tipHash);
      await net.link(role, 'up');
      if (hadStruck) row.injected += 1;
      else row.wrong.push(`a ${what} kept nothing back`);
      const healedMs = await cluster.agree(healPatienceMs);
      if (healedMs === null) row.wrong.push(`after a ${what} the nodes did not agree again`);
      else {
        row.healsMs.push(healedMs);
        row.notes.push(`${what} healed in ${(healedMs / 1_000).toFixed(2)} s`);
      }
    }
    addAudit(row, await audit(cluster, folder));
  } finally {
    await cluster.stop();
    await net.remove();
  }
}

/** Three namespaces on one bridge, in a network that is for tests of benchmarks (RFC 2544). Names hold the process id. */
class Namespaces {
  readonly #mark: string;
  readonly #network: string;

  constructor(processId: number) {
    this.#mark = `cc${processId}`;
    this.#network = `198.18.${processId % 256}`;
  }

  async create(): Promise<void> {
    process.once('exit', this.#removeNow);
    const bridge = `${this.#mark}br`;
    await run('ip', ['link', 'add', bridge, 'type', 'bridge']);
    await run('ip', ['link', 'set', bridge, 'up']);
    for (const role of roles) {
      const [name, outer] = [this.#name(role), this.#outer(role)];
      await run('ip', ['netns', 'add', name]);
      await run('ip', ['link', 'add', outer, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name]);
      await run('ip', ['link', 'set', outer, 'master', bridge]);
      await run('ip', ['link', 'set', outer, 'up']);
      await run('ip', ['-n', name, 'address', 'add', `${this.#address(role)}/24`, 'dev', 'eth0']);
      await run('ip', ['-n', name, 'link', 'set', 'eth0', 'up']);
      await run('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
    }
  }

  seat(role: Role): Seat {
    return {
      host: this.#address(role),
      port,
      peers: roles.filter((other) => other !== role).map((other) => `${this.#address(other)}:${port}`),
      within: ['ip', 'netns', 'exec', this.#name(role)],
      more: ['--expose-demo'],
    };
  }

  async link(role: Role, state: 'up' | 'down'): Promise<void> {
    await run('ip', ['link', 'set', this.#outer(role), state]);
  }

  /** Removes what there is of it. */
  async remove(): Promise<void> {
    process.off('exit', this.#removeNow);
    for (const args of this.#removals()) await run('ip', args).catch(() => {});
  }

  /** Where the run is broken off. */
  readonly #removeNow = (): void => {
    for (const args of this.#removals()) {
      try {
        execFileSync('ip', args, { stdio: 'ignore' });
      } catch {
        // It was not made yet.
      }
    }
  };

  #removals(): string[][] {
    return [...roles.map((role) => ['netns', 'delete', this.#name(role)]), ['link', 'delete', `${this.#mark}br`]];
  }

  #name(role: Role): string {
    return `${this.#mark}-${role}`;
  }

  /** The end of its cable at the bridge; names of links are short. */
  #outer(role: Role): string {
    return `${this.#mark}${role.slice(0, 3)}`;
  }

  #address(role: Role): string {
    return `${this.#network}.${roles.indexOf(role) + 1}`;
  }
}

/**
 * The lock file against the advisories on what we stand on: every copy of a package in it, also one inside another package.
 * A registry may not answer an audit; this needs none.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../support/source-tree.ts';

const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, { version?: string }>;
};

/** Versions of a package wherever it is installed. */
function versionsOf(name: string): string[] {
  return Object.entries(lock.packages)
    .filter(([path]) => path === `node_modules/${name}` || path.endsWith(`/node_modules/${name}`))
    .map(([, { version = '0.0.0' }]) => version);
}

function isBelow(version: string, floor: string): boolean {
  // What comes before a release is below it.
  if (version.startsWith(`${floor}-`)) return true;
  return version.localeCompare(floor, 'en', { numeric: true }) < 0;
}

test.each([
  ['@libp2p/gossipsub', '17.1.1', 'CVE-2026-46679: one peer exhausts the heap; limits of control messages, 17.x'],
  ['@libp2p/crypto', '5.1.22', 'CVE-2026-110789: an RSA key in identify stalls the event loop'],
  ['@chainsafe/libp2p-noise', '17.0.0', 'CVE-2022-24759: the signature of a handshake is not checked, below 5.0.3'],
  ['libp2p', '3.0.0', 'CVE-2022-23487: connections exhaust the memory, below 0.38; the limits of gossip need 3'],
  ['it-queue', '1.1.4', 'the version that the shim for Node 20 was measured with'],
])('%s is %s or newer: %s', (name, floor) => {
  const versions = versionsOf(name);
  expect(versions.length).toBeGreaterThan(0);
  expect(versions.filter((version) => isBelow(version, floor))).toEqual([]);
});

test.each([
  ['@libp2p/floodsub', 'CVE-2026-86040: below 11.0.26'],
  ['@chainsafe/libp2p-gossipsub', 'the line of libp2p 2: decodes without limits'],
])('%s is not here: %s', (name) => {
  expect(versionsOf(name)).toEqual([]);
});

test('gossip never falls back to floodsub, and the shim for Node 20 is there as long as Node 20 is', () => {
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  expect(read('src/network/gossip-options.ts')).toContain('fallbackToFloodsub: false');
  const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
  if (isBelow(engines.node.replace(/^>=/, ''), '22')) expect(read('bin/carechain.js')).toContain('node-20-shim');
});

test('a version is compared number by number', () => {
  expect(isBelow('5.1.9', '5.1.22')).toBe(true);
  expect(isBelow('5.1.22', '5.1.22')).toBe(false);
  expect(isBelow('10.0.0', '9.9.9')).toBe(false);
  expect(isBelow('17.1.1-rc.1', '17.1.1')).toBe(true);
});

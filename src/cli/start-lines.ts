/** What a start tells: to programs the event `ready`, to people which network, which folder, listening where. */
import { type Carechain, isDemo } from '../actions/index.ts';
import type { EdgeEvent } from './events.ts';
import { pairs } from './format/layout.ts';
import { count, short } from './format/plain-words.ts';
import type { Line } from './printer.ts';
import type { StartSettings } from './start-settings.ts';

export function readyEvent({ node }: Carechain, { host, port, dataDir }: StartSettings): EdgeEvent {
  const json = {
    event: 'ready',
    nodeId: node.nodeId,
    peerId: node.network.peerId,
    network: node.genesis.hash,
    host,
    port: portOf(node.network.addresses()) ?? port,
    dataDir,
    height: node.head().height,
  };
  return { json, line: null, own: false };
}

export function startLines({ node }: Carechain, settings: StartSettings, created: boolean): Line[] {
  const { genesis } = node;
  const { dataDir, peers, discover, exposeDemo } = settings;
  const { height } = node.head();
  const demo = isDemo(genesis);
  const looking = discover ? ', and whoever is on the local network' : '';
  return [
    { text: `carechain · ${node.nodeId}`, tone: 'heading' },
    ...pairs([
      ['network', `${genesis.name} ${short(genesis.hash)}, ${count(genesis.members.length, 'member')}`],
      [
        'folder',
        `${dataDir}: ${created || height === 0 ? (created ? 'new folder, empty chain' : 'empty chain') : `continuing at #${height}`}`,
      ],
      ['listening', node.network.addresses().join(', ') || 'nowhere'],
      [
        'peers',
        peers.length === 0 && !discover
          ? 'none given: alone (see --peers)'
          : `dialling ${peers.join(', ') || 'nobody by name'}${looking}`,
      ],
    ]),
    ...(demo
      ? [
          {
            text: 'This is the demo network: everybody has its keys. Put no real patients in it.',
            tone: 'faint' as const,
          },
        ]
      : []),
    ...(demo && exposeDemo ? [exposureWarning] : []),
  ];
}

const exposureWarning: Line = {
  text: '! --expose-demo means that whoever reaches this node can log in as every member, for the passwords are in the README.',
  tone: 'warning',
};

function portOf(addresses: readonly string[]): number | null {
  const digits = /:(\d+)$/.exec(addresses[0] ?? '')?.[1];
  return digits === undefined ? null : Number(digits);
}

/** A network with a small node above it that answers from lists, and writes down what it hears. */
import { type Clock, type Random, silentLogger } from '../../src/base/index.ts';
import {
  type Block,
  encodeSealedHeader,
  sealBlock,
  signTransaction,
  type Transaction,
} from '../../src/ledger/index.ts';
import {
  createNetwork,
  type MessageVerdict,
  type Network,
  type NetworkHandlers,
  type Transport,
} from '../../src/network/index.ts';

export const genesis = { hash: 'aa'.repeat(32), rules: 1 } as const;
export const otherGenesis = { hash: 'bb'.repeat(32), rules: 1 } as const;
export const random: Random = { bytes: (length) => new Uint8Array(length), fraction: () => 0.5 };

export interface Party {
  readonly network: Network;
  readonly transport: Transport;
  readonly log: string[];
  readonly heard: { transactions: Transaction[]; blocks: Block[] };
  readonly chain: Block[];
  readonly pending: Transaction[];
  verdict: MessageVerdict;
}

export async function createParty(settings: {
  transport: Transport;
  clock: Clock;
  network?: { hash: string; rules: 1 };
  configured?: readonly string[];
  clockAheadMs?: number;
  loopbackOnly?: boolean;
  handlers?: Partial<NetworkHandlers>;
}): Promise<Party> {
  const { transport, clock, network: ours = genesis, configured = [], clockAheadMs = 0 } = settings;
  const { loopbackOnly = true } = settings;
  const network = createNetwork({
    ...{ transport, genesis: ours, configured, loopbackOnly, clock, random },
    logger: silentLogger,
  });
  const party: Party = {
    ...{ network, transport, log: [], heard: { transactions: [], blocks: [] }, chain: [], pending: [] },
    verdict: 'accept',
  };
  network.on('otherNetwork', ({ genesis: theirs }) => party.log.push(`other-network ${theirs.slice(0, 4)}`));
  network.on('shunned', ({ peerId, code }) => party.log.push(`shunned ${peerId} ${code}`));
  await network.start({
    status: () => {
      const tip = { hash: party.chain.at(-1)?.hash ?? ours.hash, height: party.chain.length, work: party.chain.length };
      return {
        genesis: ours.hash,
        rules: 1,
        tip,
        pending: { count: party.pending.length, sum: '00'.repeat(32) },
        time: clock.now() + clockAheadMs,
        nodeId: `Node-${transport.peerId}`.slice(0, 64),
      };
    },
    known: (id) => party.pending.find((transaction) => transaction.id === id),
    async onTransactions(transactions) {
      party.heard.transactions.push(...transactions);
      return party.verdict;
    },
    async onBlock(block) {
      party.heard.blocks.push(block);
      return party.verdict;
    },
    onPeer: ({ peerId }) => party.log.push(`peer ${peerId}`),
    onPeerGone: (peerId) => party.log.push(`gone ${peerId}`),
    onStatus: () => {},
    headersAfter: (locator) => party.chain.filter(({ hash }) => !locator.includes(hash)).map(encodeSealedHeader),
    blockBytes: (hashes) =>
      hashes.flatMap((hash) => party.chain.filter((block) => block.hash === hash).map(({ bytes }) => bytes)),
    pendingIds: (from) => party.pending.slice(from).map(({ id }) => id),
    pendingBytes: (ids) => party.pending.filter(({ id }) => ids.includes(id)).map(({ bytes }) => bytes),
    ...settings.handlers,
  });
  return party;
}

const secretKey = new Uint8Array(32).fill(9);

export function someTransaction(number: number): Transaction {
  return signTransaction(
    { kind: 'TRANSFER_ECASH', to: 'cc'.repeat(32), amount: 1, reason: 'other', records: { note: null } },
    {
      network: genesis.hash,
      author: 'dd'.repeat(32),
      time: number,
      nonce: number.toString(16).padStart(32, '0'),
      secretKey,
    },
  );
}

/** Blocks that follow one another. Nobody here checks their work. */
export function someBlocks(count: number, network = genesis.hash): Block[] {
  const blocks: Block[] = [];
  for (let height = 1; height <= count; height += 1) {
    const header = {
      ...{ rules: 1, network, height, parent: blocks.at(-1)?.hash ?? network, time: height, miner: '01'.repeat(32) },
      ...{ transactionsRoot: '02'.repeat(32), stateDigest: '03'.repeat(32), difficulty: 1, nonce: '00'.repeat(8) },
    };
    blocks.push(sealBlock(header, [someTransaction(height)], secretKey));
  }
  return blocks;
}

/**
 * Fetches bodies of the main chain that the folder has lost, by their hashes: any peer will do. The hash covers the header,
 * so nobody can lie about that; a body that is not what the header commits to, or a bent signature, is a lie, and the next
 * peer is asked. Nobody waits for a peer that says nothing: others are asked beside it (network/side-by-side.ts).
 */
import { type Clock, describeError, type Logger, limits } from '../base/index.ts';
import { type Block, type Genesis, isSignedByMiner, type Reward, transactionsRoot } from '../ledger/index.ts';
import { isWholeAnswer, type Network, type Punctuality, type Round, SideBySide } from '../network/index.ts';

export interface BlockHealerPorts {
  readonly genesis: Genesis;
  readonly network: Pick<Network, 'peers' | 'fetchBlocks' | 'shun'>;
  readonly clock: Clock;
  readonly punctuality: Punctuality;
  readonly logger: Logger;
  /** The rewards that a block of the main chain paid, where the folder still tells; undefined where only a replay can. */
  rewardsOf(hash: string): readonly Reward[] | undefined;
}

export interface FetchedBlock {
  readonly block: Block;
  readonly from: string;
  /** Whether body and signature were checked; else the replay has to. */
  readonly checked: boolean;
}

export class BlockHealer {
  readonly #ports: BlockHealerPorts;
  /** Peers whose bodies were lies, until this healing is over. */
  readonly #liars = new Set<string>();

  constructor(ports: BlockHealerPorts) {
    this.#ports = ports;
  }

  /** What the linked peers have of these. Never rejects: what nobody gives is not in the answer. */
  async fetch(hashes: readonly string[]): Promise<Map<string, FetchedBlock>> {
    const { network, clock, punctuality, logger } = this.#ports;
    const found = new Map<string, FetchedBlock>();
    const asked = new Set<string>();
    const isComplete = () => hashes.every((hash) => found.has(hash));
    const askSideBySide = new SideBySide({
      clock,
      punctuality,
      candidates: () => {
        const peers = isComplete() ? [] : network.peers().map(({ peerId }) => peerId);
        return peers.filter((peerId) => !asked.has(peerId) && !this.#liars.has(peerId));
      },
      ask: async (peerId, round) => {
        asked.add(peerId);
        try {
          await this.#fetchFrom(peerId, round, hashes, found);
        } catch (error) {
          logger.debug('a peer did not give a lost block', { code: describeError(error).code });
        }
      },
      isOver: isComplete,
    });
    await askSideBySide.run();
    return new Map(found);
  }

  /** A body of this peer's turned out to be a lie. */
  blame(peerId: string, code: string): void {
    this.#liars.add(peerId);
    this.#ports.logger.warn('a peer gave a wrong body for a lost block', { code });
    this.#ports.network.shun(peerId, code);
  }

  async #fetchFrom(
    peerId: string,
    round: Round,
    hashes: readonly string[],
    found: Map<string, FetchedBlock>,
  ): Promise<void> {
    const { network } = this.#ports;
    let missing = [...hashes];
    for (;;) {
      // Another that is asked beside it may have been faster.
      missing = missing.filter((hash) => !found.has(hash));
      if (missing.length === 0) return;
      const range = missing.splice(0, limits.blocksPerRequest);
      const blocks = await network.fetchBlocks(peerId, range);
      const foundBefore = found.size;
      for (const block of blocks) {
        const verdict = this.#check(block);
        if (verdict === 'lie') {
          this.blame(peerId, 'not-the-block');
          return;
        }
        if (!found.has(block.hash)) found.set(block.hash, { block, from: peerId, checked: verdict === 'good' });
      }
      if (
        found.size > foundBefore &&
        isWholeAnswer(
          blocks.map(({ bytes }) => bytes),
          range.length,
        )
      )
        round.brought();
      // An answer may stop early where it would become too large: what comes after its last block is asked for again.
      const last = range.indexOf(blocks.at(-1)?.hash ?? '');
      if (blocks.length < range.length) missing.unshift(...range.slice(last + 1));
    }
  }

  #check(block: Block): 'good' | 'lie' | 'unchecked' {
    const { genesis, rewardsOf } = this.#ports;
    if (!isSignedByMiner(block)) return 'lie';
    const rewards = rewardsOf(block.hash);
    if (!rewards) return 'unchecked';
    const root = transactionsRoot(rewards, block.transactions, genesis.hash);
    return root === block.header.transactionsRoot ? 'good' : 'lie';
  }
}

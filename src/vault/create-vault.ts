/** Wires the vault: what it is made of, straight down, in the order in which the parts need each other. */
import { CarechainError, type Clock, describeError, type Logger, type Random, toHex } from '../base/index.ts';
import type { Member, Sealed } from '../ledger/index.ts';
import type { Network } from '../network/index.ts';
import type { Store } from '../storage/index.ts';
import { answerRequest } from './answering.ts';
import { checkEnvelope, openEnvelope, sealEnvelope } from './envelope.ts';
import { protocol, requestBytes } from './exchange.ts';
import { Fetching } from './fetching.ts';
import { Follower } from './follower.ts';
import { HostedMembers } from './hosted-members.ts';
import { Keeping } from './keeping.ts';
import type { VaultLedger } from './known-records.ts';
import { mayRead } from './may-read.ts';
import { Mending } from './mending.ts';
import { recordIdOf } from './record-id.ts';
import { Shelf } from './shelf.ts';
import type { Reader, Reading, RecordText, SealedRecord, Vault, VaultEvents } from './vault.ts';
import { Wanted } from './wanted.ts';

export interface VaultPorts {
  readonly node: VaultLedger;
  readonly network: Pick<Network, 'peers' | 'serve' | 'request' | 'shun'>;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The peer id of a node key, as `Peer.peerId` writes it. */
  readonly peerIdOf: (nodeKeyHex: string) => string;
}

export function createVault(ports: VaultPorts): Vault {
  const { node, network, store, clock, random, logger, peerIdOf } = ports;
  const listeners = new Set<(...event: VaultEvents['record']) => void>();
  const shelf = new Shelf(store, logger);
  const wanted = new Wanted();
  const hosted = new HostedMembers({ node, shelf, clock, logger });
  const keeping = new Keeping({ node, shelf, hosted, wanted, logger, onArrival: announce });
  const fetching = new Fetching({ network, wanted, hosted, keeping, clock, random, logger });
  const follower = new Follower({ node, shelf, hosted, keeping, logger, onNoted: () => fetching.wake() });
  const mending = new Mending({ node, shelf, hosted, wanted, keeping, follower });
  let offPeer = () => {};

  function announce(transactionId: string, commitment: string): void {
    for (const listener of listeners) {
      try {
        listener({ transactionId, commitment });
      } catch (error) {
        // A fault of the listener's: the record is kept all the same.
        logger.error('a listener of the vault failed', { code: describeError(error).code });
      }
    }
  }

  async function distrust(sealed: Sealed, bytes: Uint8Array | undefined): Promise<void> {
    await keeping.distrust(sealed, bytes);
    fetching.wake();
  }

  async function seal(text: RecordText, readers: readonly Member[]): Promise<SealedRecord> {
    const { sealed, bytes } = await sealEnvelope({ text, readers, network: node.genesis.hash, random });
    return { sealed, writes: [shelf.putEnvelope(recordIdOf(sealed), bytes)] };
  }

  async function read(sealed: Sealed, { member, keys }: Reader): Promise<Reading> {
    if (!mayRead(sealed, member.id)) return { state: 'sealed' };
    if (toHex(keys.sealing.publicKey) !== member.sealingKey) throw wrongKeys();
    const bytes = shelf.envelope(recordIdOf(sealed));
    const envelope = bytes && checkEnvelope(bytes, sealed);
    if (envelope) {
      const opening = await openEnvelope(envelope, {
        network: node.genesis.hash,
        reader: member.id,
        sealing: keys.sealing,
      });
      if (opening.state === 'open') return { state: 'readable', text: opening.text };
      if (opening.state === 'no-record') throw unreadable();
    }
    if (bytes) await distrust(sealed, bytes);
    else {
      await keeping.want(sealed);
      fetching.wake();
    }
    return { state: 'on-its-way' };
  }

  return {
    seal,
    read,
    rows: {
      families: mending.families,
      async mend(damaged) {
        const outcome = await mending.mend(damaged);
        fetching.wake();
        return outcome;
      },
    },
    async start() {
      await hosted.load();
      await keeping.load();
      network.serve(protocol, requestBytes, (request, from, breathe) =>
        answerRequest(request, from, breathe, { node, network, shelf, clock, peerIdOf, onDamaged: distrust }),
      );
      offPeer = node.on('peer', ({ peerId, state }) => {
        if (state === 'connected') void fetching.meet(peerId);
      });
      await follower.start();
      fetching.meetAll();
    },
    async stop() {
      offPeer();
      fetching.stop();
      await follower.stop();
    },
    async host(reader) {
      await hosted.host(reader);
      await follower.follow(reader.member.id);
      fetching.meetAll();
    },
    on(_name, listener) {
      const added = listener as (...event: VaultEvents['record']) => void;
      listeners.add(added);
      return () => listeners.delete(added);
    },
  };
}

function wrongKeys(): CarechainError {
  return new CarechainError(
    'wrong-sealing-key',
    'These keys are not the keys of the member who reads. Log in again with the right key file.',
  );
}

function unreadable(): CarechainError {
  return new CarechainError(
    'record-unreadable',
    'What the author sealed here is not a record, though it is what the ledger commits to. Ask the author to write it again.',
  );
}

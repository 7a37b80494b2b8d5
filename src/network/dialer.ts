/**
 * Keeps links up: the addresses of the settings, and those learnt from peers, are dialled again for ever, with jittered
 * exponential back-off. The longest wait for an address of the settings is five seconds, so a cable that was out for two
 * minutes, or for two days, is in use again within ten seconds of coming back.
 *
 * An address is tied to the peer that a dial has found there, and to nobody by what a peer says: a liar would keep us from
 * dialling the addresses of others. While the peer that was found is linked, by whatever way, it is not dialled there. Only
 * what a dial has confirmed, or a person has configured, is told to others.
 */
import { CarechainError, type Clock, type Logger, limits, type Random, type Timer } from '../base/index.ts';
import { formatAddress, isLoopback, type PeerAddress, parseAddress } from './address.ts';
import { inTurn, rangeOf } from './address-range.ts';
import type { ConfiguredPeer } from './network.ts';
import { networkLimits } from './network-limits.ts';
import type { Tasks } from './tasks.ts';

export interface DialerSettings {
  readonly configured: readonly PeerAddress[];
  /** Nothing but this machine is dialled. */
  readonly loopbackOnly: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly tasks: Tasks;
  dial(address: string): Promise<string>;
  isLinked(peerId: string): boolean;
  linkCount(): number;
  /** Whether a link to the peer would be let stand. */
  admits(peerId: string): boolean;
  isOtherNetwork(peerId: string): boolean;
}

export interface Dialer {
  start(): void;
  stop(): void;
  setOffline(offline: boolean): void;
  linked(peerId: string): void;
  unlinked(peerId: string): void;
  /** Addresses that a peer has told: its own, or those of peers it is linked to. */
  learn(addresses: readonly string[], teller: Teller): void;
  configured(): ConfiguredPeer[];
  /** Whether a peer was found at a configured address, or is just found there by our dial. */
  isConfigured(peerId: string, dialledAt: string | null): boolean;
  /** Addresses where linked peers were found, or a person has said that they are; of each address range in turn. */
  linkedAddresses(): string[];
}

interface Teller {
  readonly peerId: string;
  readonly isLocal: boolean;
  /** Whether the addresses are its own. */
  readonly tellsOwn: boolean;
}

interface Entry {
  readonly address: PeerAddress;
  readonly configured: boolean;
  /** The peer id of who told it; null for an address of the settings. */
  readonly toldBy: string | null;
  /** The peer that says that the address is its own, while no other has told it and no dial has found anybody there. */
  claimedBy: string | null;
  /** Who was found there last by a dial of ours; of an address of the settings, who must be there. */
  peerId: string | null;
  isSelf: boolean;
  isDialling: boolean;
  failures: number;
  linkedAt: number | null;
  lastSeen: number | null;
  timer: Timer | null;
}

export function createDialer(settings: DialerSettings): Dialer {
  const { clock, random, tasks, isLinked } = settings;
  const logger = settings.logger.child('dialer');
  const entries = new Map<string, Entry>();
  let running = false;
  let offline = false;
  for (const address of settings.configured) add(address, null, null);
  /** These are never forgotten. */
  const configured = all();

  function add(address: PeerAddress, toldBy: string | null, claimedBy: string | null): Entry {
    const isConfigured = toldBy === null;
    const entry: Entry = {
      ...{ address, configured: isConfigured, toldBy, claimedBy, peerId: isConfigured ? address.peerId : null },
      ...{ isSelf: false, isDialling: false, failures: 0, linkedAt: null, lastSeen: null, timer: null },
    };
    entries.set(address.text, entry);
    return entry;
  }

  function all(): Entry[] {
    return [...entries.values()];
  }

  function schedule(entry: Entry, delayMs: number): void {
    entry.timer?.cancel();
    entry.timer = null;
    if (!running || offline || entry.isSelf || entry.isDialling) return;
    entry.timer = clock.after(Math.round(delayMs), () => tasks.run(() => attempt(entry)));
  }

  /** Half the wait is fixed, half is chance, so that nodes that were cut together do not come back in step. */
  function waitOf(entry: Entry): number {
    if (entry.peerId !== null && settings.isOtherNetwork(entry.peerId)) return networkLimits.otherNetworkRedialMs;
    if (isOnlyClaimed(entry) && entry.failures > 0) return networkLimits.confirmEveryMs;
    const longest = entry.configured ? limits.redialMaxMs : networkLimits.learntRedialMaxMs;
    const wait = Math.min(longest, limits.redialMinMs * 2 ** Math.min(entry.failures, 16));
    return wait * (0.5 + random.fraction() / 2);
  }

  async function attempt(entry: Entry): Promise<void> {
    const { peerId } = entry;
    entry.timer = null;
    if (isLinkedEntry(entry)) return;
    const hasRoom = entry.configured || settings.linkCount() < networkLimits.wantedLinks;
    if (!hasRoom || (peerId !== null && !settings.admits(peerId)) || isNeedless(entry))
      return schedule(entry, networkLimits.learntRedialMaxMs);
    // A peer that tells a thousand addresses must not make us knock at a thousand doors.
    if (!entry.configured && learntDials() >= networkLimits.learntDials) return schedule(entry, waitOf(entry));
    entry.isDialling = true;
    try {
      entry.peerId = await settings.dial(entry.address.text);
      entry.claimedBy = null;
    } catch (error) {
      if (error instanceof CarechainError && error.code === 'dialled-self') entry.isSelf = true;
      else entry.failures += 1;
    } finally {
      entry.isDialling = false;
    }
    if (isLinkedEntry(entry)) entry.linkedAt ??= clock.now();
    else if (isHopeless(entry)) entries.delete(entry.address.text);
    else schedule(entry, waitOf(entry));
  }

  const learntDials = () => all().filter((entry) => !entry.configured && entry.isDialling).length;

  const isHopeless = (entry: Entry) =>
    !entry.configured &&
    entry.peerId === null &&
    entry.failures >= networkLimits.learntDialFailures &&
    // It would only be told anew.
    !isOnlyClaimed(entry);

  /** Whether the only reason to dial is that a linked peer says that it can be found there. */
  const isOnlyClaimed = ({ claimedBy }: Entry) => claimedBy !== null && isLinked(claimedBy);

  /**
   * Whether it is only claimed, and its peer was found elsewhere, or is just being looked for. One more connection shows
   * that one address is right; a second one would show no more.
   */
  function isNeedless(entry: Entry): boolean {
    const { claimedBy } = entry;
    if (!isOnlyClaimed(entry)) return false;
    return all().some((other) => other.peerId === claimedBy || (other.claimedBy === claimedBy && other.isDialling));
  }

  function mayDial({ host }: PeerAddress, tellerIsLocal: boolean): boolean {
    if (host === '0.0.0.0' || host === '::') return false;
    // Loopback as told by a peer elsewhere is that peer's own machine.
    return settings.loopbackOnly ? isLoopback(host) : tellerIsLocal || !isLoopback(host);
  }

  function stateOf(entry: Entry): ConfiguredPeer['state'] {
    if (entry.isSelf) return 'self';
    if (offline) return 'offline';
    if (entry.peerId !== null && settings.isOtherNetwork(entry.peerId)) return 'other-network';
    if (entry.peerId !== null && isLinked(entry.peerId)) return 'connected';
    return entry.isDialling ? 'dialling' : 'waiting';
  }

  /**
   * Makes room: of the learnt addresses the oldest goes that no dial has confirmed; then the one that has not led anywhere
   * for the longest time; then one of a linked peer that was found at another one as well.
   */
  function forgetOne(): boolean {
    const learnt = all().filter((entry) => !entry.configured && !entry.isDialling);
    const dead = learnt.filter((entry) => entry.peerId !== null && !isLinkedEntry(entry));
    const [oldest] = dead.sort((left, right) => (left.lastSeen ?? 0) - (right.lastSeen ?? 0));
    const gone = learnt.find(({ peerId }) => peerId === null) ?? oldest ?? secondOfAPeer(learnt);
    gone?.timer?.cancel();
    return gone !== undefined && entries.delete(gone.address.text);
  }

  function secondOfAPeer(found: readonly Entry[]): Entry | undefined {
    const seen = new Set<string | null>();
    return found.find(({ peerId }) => seen.size === seen.add(peerId).size);
  }

  const isLinkedEntry = ({ peerId }: Entry) => peerId !== null && isLinked(peerId);

  return {
    start() {
      running = true;
      for (const entry of all()) schedule(entry, 0);
    },
    stop() {
      running = false;
      for (const entry of all()) entry.timer?.cancel();
    },
    setOffline(wanted) {
      offline = wanted;
      for (const entry of all()) {
        entry.failures = 0;
        schedule(entry, random.fraction() * limits.redialMinMs);
      }
    },
    linked(peerId) {
      for (const entry of all()) {
        if (entry.peerId !== peerId) continue;
        entry.linkedAt = clock.now();
        entry.timer?.cancel();
        entry.timer = null;
      }
    },
    unlinked(peerId) {
      for (const entry of all()) {
        if (entry.claimedBy === peerId) schedule(entry, waitOf(entry));
        if (entry.peerId !== peerId) continue;
        const now = clock.now();
        const stoodMs = entry.linkedAt === null ? 0 : now - entry.linkedAt;
        entry.failures = stoodMs >= networkLimits.steadyLinkMs ? 0 : entry.failures + 1;
        if (!settings.isOtherNetwork(peerId)) entry.lastSeen = now;
        entry.linkedAt = null;
        schedule(entry, waitOf(entry));
      }
    },
    learn(addresses, teller) {
      const claimedBy = teller.tellsOwn ? teller.peerId : null;
      let told = all().filter((entry) => entry.toldBy === teller.peerId).length;
      for (const text of addresses) {
        const address = parseQuietly(text);
        if (address === null || !mayDial(address, teller.isLocal)) continue;
        const known = entries.get(address.text);
        if (known !== undefined) {
          // What another tells as well is nobody's claim any more, and a dial says whose it is.
          if (known.claimedBy !== null && known.claimedBy !== teller.peerId) {
            known.claimedBy = null;
            schedule(known, random.fraction() * limits.redialMinMs);
          }
          continue;
        }
        if (told >= networkLimits.addressesPerTeller) return logger.debug('a peer tells many addresses');
        if (entries.size >= limits.knownAddresses && !forgetOne()) return logger.debug('too many addresses are known');
        told += 1;
        schedule(add(address, teller.peerId, claimedBy), random.fraction() * limits.redialMinMs);
      }
    },
    configured: () =>
      configured.map((entry) => {
        const state = stateOf(entry);
        return { address: entry.address.text, state, lastSeen: state === 'connected' ? clock.now() : entry.lastSeen };
      }),
    isConfigured: (peerId, dialledAt) =>
      configured.some((entry) => entry.peerId === peerId || hostAndPort(entry.address) === dialledAt),
    linkedAddresses() {
      const found = all().filter((entry) => isLinkedEntry(entry) && !settings.isOtherNetwork(entry.peerId!));
      return inTurn(found, ({ address }) => rangeOf(address.host)).map(({ address }) => address.text);
    },
  };
}

/** As the transport writes where it has dialled. */
function hostAndPort({ host, port }: PeerAddress): string {
  return formatAddress(host === 'localhost' ? '127.0.0.1' : host, port);
}

function parseQuietly(text: string): PeerAddress | null {
  try {
    return parseAddress(text);
  } catch {
    // What a peer tells may be anything; what is no address is not dialled.
    return null;
  }
}

/** The table of behaviours. */
import type { Behaviour } from '../behaviour.ts';
import { blockLies, blockOddities } from './blocks.ts';
import { linkLies, linkOddities } from './connections.ts';
import { floods } from './floods.ts';
import { gossipLies, gossipOddities } from './gossip-control.ts';
import { recordLies } from './records.ts';
import { requestLies, requestOddities } from './requests.ts';
import { syncLies, syncOddities } from './sync.ts';
import { replays, transactionLies } from './transactions.ts';

export const behaviours: readonly Behaviour[] = [
  ...[transactionLies, blockLies, syncLies, recordLies, requestLies, gossipLies, linkLies].flat(),
  ...[replays, blockOddities, syncOddities, requestOddities, gossipOddities, linkOddities, floods].flat(),
].toSorted((left, right) => Number(right.crime) - Number(left.crime));

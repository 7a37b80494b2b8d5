import { limits } from '../base/index.ts';
import type { Header } from '../ledger/index.ts';
import type { ChainStore } from '../storage/index.ts';

/** Times of the last eleven blocks up to one whose parents are stored, the latest first. */
export function storedTimes(chain: ChainStore, header: Header): readonly number[] {
  const times: number[] = [];
  for (let at: Header | undefined = header; at && times.length < limits.medianHeaders; ) {
    times.push(at.time);
    at = at.height === 0 ? undefined : chain.header(at.parent)?.header;
  }
  return times;
}

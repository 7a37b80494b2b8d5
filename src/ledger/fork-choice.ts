/**
 * Which chain wins: the one with the most accumulated work, of two with the same the one whose tip hash is lower. A total
 * order, so an idle network converges. One pure function, so that a finality overlay can join it later.
 */
export interface ChainHead {
  /** Hash of the last block. */
  readonly hash: string;
  /** Sum of the difficulties of all blocks after the genesis. */
  readonly work: number;
}

export function wins(challenger: ChainHead, holder: ChainHead): boolean {
  if (challenger.work !== holder.work) return challenger.work > holder.work;
  return challenger.hash < holder.hash;
}

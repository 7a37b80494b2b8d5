/**
 * By how much a peer's clock is off ours at the least, in milliseconds: its answer was written at some moment between our
 * question and its arrival, and a slow link must not look like a wrong clock. Null where our own clock was set back
 * meanwhile. All times are milliseconds since 1970 UTC.
 */
export function clockOffset(theirTime: number, sentAt: number, receivedAt: number): number | null {
  if (receivedAt < sentAt) return null;
  if (theirTime < sentAt) return theirTime - sentAt;
  return Math.max(0, theirTime - receivedAt);
}

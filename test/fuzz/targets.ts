/** Every decoder that stands at a door. A new one gets a row here, or `fuzz.slow.test.ts` says that it has none. */
import type { Target } from './target.ts';
import { fileTargets } from './targets/file-targets.ts';
import { ledgerTargets } from './targets/ledger-targets.ts';
import { levelDbTargets } from './targets/leveldb-targets.ts';
import { lineTargets } from './targets/line-targets.ts';
import { linkTargets } from './targets/link-targets.ts';
import { vaultTargets } from './targets/vault-targets.ts';
import { wireTargets } from './targets/wire-targets.ts';

export const targets: readonly Target[] = [
  ...ledgerTargets,
  ...wireTargets,
  ...vaultTargets,
  ...linkTargets,
  ...fileTargets,
  ...levelDbTargets,
  ...lineTargets,
];

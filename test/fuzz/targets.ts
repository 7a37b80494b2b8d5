/** Every decoder that stands at a door. A new one gets a row here, or `fuzz.slow.test.ts` says that it has none. */
import type { Target } from './target.ts';
import { fileTargets } from './targets/file-targets.ts';
import { ledgerTargets } from './targets/ledger-targets.ts';
import { levelDbTargets } from './targets/leveldb-targets.ts';
import { lineTargets } from './targets/line-targets.ts';
import { linkTargets } from './targets/link-targets.ts';
import { vaultTargets } from './targets/vault-targets.ts';
import { wireTargets } from './targets/wire-targets.ts';

/** What comes over a link. */
export const targetsOfLinks: readonly Target[] = [...wireTargets, ...vaultTargets, ...linkTargets];

/** What is in the chain, in files and in what people type. */
export const targetsOfFiles: readonly Target[] = [...ledgerTargets, ...fileTargets, ...levelDbTargets, ...lineTargets];

export const targets: readonly Target[] = [...targetsOfLinks, ...targetsOfFiles];

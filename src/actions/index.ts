/**
 * What people can do, written once. An edge parses, runs an action and prints:
 *
 *   const carechain = await createCarechain(settings, world);
 *   await carechain.start();
 *   const context = { carechain, session: newSession() };
 *   const outcome = await runAction(findAction('mine')!, {}, context);
 */
export {
  type Action,
  type ActionContext,
  type ActionError,
  type Choice,
  defineAction,
  done,
  type Outcome,
  type Question,
} from './action.ts';
export { bloodTest, type Measure, measures, parseDecimal } from './care/measured-values.ts';
export { choicesOf } from './care/open-choices.ts';
export { patientName } from './care/patient-name.ts';
export type { Carechain, NodeRole } from './carechain.ts';
export { type CarechainSettings, type CarechainWorld, createCarechain } from './create-carechain.ts';
export { demoKeyFiles } from './demo-key-files.ts';
export { type EntryRow, rowOf, type Standing, standingOf } from './entries.ts';
export { type ErrorCode, type ErrorRow, errorCodes, failure, refusal } from './error-codes.ts';
export { isDemo, loadKeyFiles, refuseDemoKeys } from './key-files.ts';
export { type ShownBlock, shownBlock } from './ledger/block-rows.ts';
export { genesisPreimage } from './ledger/preimages.ts';
export { type ScrubResult, scrubResult } from './ledger/scrub.ts';
export { nameOf } from './members.ts';
export { writeNewFile } from './new-file.ts';
export { openNodeKey } from './node-key.ts';
export { actions, findAction } from './registry.ts';
export { openRegistryCsv, type RegistryCsv, type RegistryRow, registryRows } from './registry-csv.ts';
export { type RawInput, runAction } from './run-action.ts';
export { endSession, newSession, type Session } from './session.ts';
export { readSmallFile } from './small-file.ts';

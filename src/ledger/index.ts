/**
 * The rules: transactions, blocks, genesis, state, rewards, which chain wins. Pure and synchronous: no clock, no chance,
 * no I/O. The same input gives the same verdict on every node.
 */
export {
  type Block,
  bodyWeight,
  closeBlock,
  decodeBlock,
  decodeSealedHeader,
  encodeSealedHeader,
  type Header,
  hashedBytes,
  isSignedByMiner,
  nonceFrame,
  openBlock,
  type SealedHeader,
  sealBlock,
  transactionsRoot,
} from './block.ts';
export type { BlockEffect } from './block-draft.ts';
export { type BlockPlan, buildBlock, buildBlockInSteps, type Candidate, type Candidates } from './build-block.ts';
export { type BlockContext, checkBlock, checkBlockInSteps } from './check-block.ts';
export { checkHeader, checkOrphan, type HeaderContext, medianTimesAfter } from './check-header.ts';
export {
  applyTransaction,
  checkTransaction,
  mayAuthor,
  type OnCheck,
  type TransactionRules,
  verifyTransaction,
} from './check-transaction.ts';
export { demoGenesis, demoGenesisFile } from './demo-genesis.ts';
export { noDigest } from './digest.ts';
export { Draft, netChanges, type StateChange } from './draft.ts';
export { isPatientId, type Sealed } from './fields.ts';
export { type ChainHead, wins } from './fork-choice.ts';
export {
  type Genesis,
  type GenesisFile,
  type Member,
  memberIdOf,
  parseGenesis,
  systemAccount,
  systemName,
} from './genesis.ts';
export { genesisChanges, genesisHeader } from './genesis-state.ts';
export { authoredReasons, type KindName, kindNames, transferReasons } from './kinds/index.ts';
export { accountOf, type Footprint, PendingState } from './pending-state.ts';
export { ReadOnce } from './read-once.ts';
export {
  condemnedBy,
  natureOf,
  type Rejection,
  type RejectionCode,
  type RejectionFacts,
  type RejectionNature,
  rejection,
  rejections,
  restsOnState,
  type Verdict,
} from './rejection.ts';
export { dueRewards, encodeReward, payableRewards, type Reward } from './rewards.ts';
export { type Role, roles } from './roles.ts';
export {
  type DueQueue,
  type Order,
  type Patient,
  type Position,
  type Prescription,
  readBalance,
  readDueQueue,
  readMember,
  readOrder,
  readPatient,
  readPosition,
  readPrescription,
  type StateView,
  type StateWriter,
  stateKeys,
} from './state.ts';
export { completed, type Steps } from './steps.ts';
export {
  type Authorship,
  type BodyOf,
  decodeTransaction,
  type KnownTransactions,
  patientOf,
  recordsOf,
  referencesOf,
  signedBytes,
  signTransaction,
  type Transaction,
  type TransactionBody,
  type TransactionFields,
  transactionLeafHex,
} from './transaction.ts';

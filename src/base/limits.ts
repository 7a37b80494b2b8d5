/** Every limit of carechain, in one place. Sizes are bytes of the encoded form; times are milliseconds. */
export const limits = {
  /** A transaction: body and signature. */
  transactionBytes: 16_384,
  /** The transactions of one block together; its derived rewards are not counted. */
  blockBytes: 1_000_000,
  /** Header, signature and list framing around {@link limits.blockBytes}. */
  blockFramingBytes: 48_576,
  /** Header and signature on their own; they take about 350. */
  sealedHeaderBytes: 1_024,
  /** Rewards that one block pays. */
  rewardsPerBlock: 4_000,
  /** The clear text of one sealed record. */
  recordBytes: 65_536,
  /** Members that may be named reader of one record. */
  readersPerRecord: 64,
  /** A name of a person, place or network, in UTF-8. */
  nameBytes: 200,
  /** Members that a genesis may list. */
  membersInGenesis: 256,
  /** Values in one piece of JSON of others, how deep they may lie inside one another, and keys of one map: a full block has some 250,000, 6 deep, of 15 keys. */
  jsonValues: 500_000,
  jsonDepth: 64,
  jsonKeys: 64,
  /** A genesis file: so many members with the longest names, every character of them escaped, take 800 KB. */
  genesisBytes: 1_000_000,
  /** Values in it; so many members, and as many miners, take 2,100. */
  genesisValues: 4_096,
  /** A member's key file; it takes about 700. */
  keyFileBytes: 65_536,

  /** Values in what somebody else has encoded, those inside others and the keys of maps counted: a full block has 4,000. */
  encodedValues: 16_384,
  /** The same for what this node itself has stored: what a full block changes. */
  storedValues: 4_000_000,
  /** How deep values may lie inside one another. */
  encodedDepth: 16,

  /** Headers whose times decide the median that a block's time must exceed. */
  medianHeaders: 11,
  /** How far a block's time may lie ahead of this node's clock. */
  futureBlockMs: 15_000,
  /** A node whose clock differs by more from the median of its peers does not mine. */
  clockSkewMs: 10_000,

  mempoolTransactions: 50_000,
  mempoolTransactionsPerAuthor: 5_000,
  /** Ids of pending transactions in one answer. */
  pendingIdsPerPage: 4_096,
  /** Transactions that wait for something unknown ("not yet"), all authors together. */
  parkedTransactions: 5_000,
  /** Of those of this node's own users; a further one that would have to wait is refused. */
  parkedOwnTransactions: 1_000,
  /** With more of its own users' in no block yet a node lets them wait for the next block before it takes another one, */
  unsettledAtEase: 2_000,
  /** but not longer than this, */
  submissionDelayMs: 1_000,
  /** and only where the last block came no longer ago. */
  blocksComeMs: 10_000,
  /** Ids of transactions that this node remembers as having become impossible. */
  lostTransactions: 10_000,
  /** Of those, the ones that others wrote: each reorg looks at all that are remembered again. */
  lostTransactionsOfOthers: 500,

  /** Bodies of side branches that are stored and not (yet) on the main chain. */
  sideBranchBytes: 256_000_000,
  /** However small they are: each takes some memory. As many headers are fetched before their bodies. */
  sideBranchBlocks: 100_000,
  /** A side branch that has not grown while the main chain grew by as many blocks is forgotten. */
  sideBranchIdleBlocks: 1_000,

  headersPerRequest: 512,
  blocksPerRequest: 128,
  /** What one answer to a request for blocks or transactions may weigh. */
  responseBytes: 4_000_000,
  transactionsPerMessage: 256,
  gossipBytes: 1_048_576,
  locatorHashes: 64,
  requestMs: 10_000,
  /** A request to one protocol that a peer may have under way at once. */
  requestsPerPeer: 8,

  peers: 64,
  addressesPerPeer: 16,
  knownAddresses: 1_000,
  dialMs: 5_000,
  redialMinMs: 500,
  redialMaxMs: 5_000,
  /** How often peers compare tips and pending ids when nothing happens. */
  reconcileMs: 5_000,
  shunMs: 60_000,
  shunMaxMs: 3_600_000,

  hostingMs: 30 * 24 * 60 * 60 * 1_000,

  /** A running node looks at everything that it has stored so long after it did last: this much, then this pause. */
  scrubEveryMs: 6 * 60 * 60 * 1_000,
  scrubPieceBytes: 512_000,
  scrubPauseMs: 20,

  /** A log file; then it is put aside, and the oldest of those goes. */
  logBytes: 16_000_000,
  olderLogs: 2,

  /** The doctor's own list of names, as far as it is read: some 75,000 patients. */
  registryBytes: 8_000_000,

  lineBytes: 65_536,
  chainPage: 1_000,
} as const;

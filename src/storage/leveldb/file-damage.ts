/** A file of LevelDB is not what was written. Thrown while it is read, and caught by whoever checks files. */
export class FileDamage extends Error {
  override readonly name = 'FileDamage';
}

export { AssertionError, assert } from './assert.ts';
export { bytesToUtf8, compareBytes, concatBytes, equalBytes, fromHex, isHex, toHex, utf8ToBytes } from './bytes.ts';
export { NotCanonical } from './canonical-reader.ts';
export { type Clock, every, systemClock, type Timer } from './clock.ts';
export { decode, type Encodable, encode, equalValues, tryDecode } from './encoding.ts';
export { CarechainError, describeError } from './errors.ts';
export { limits } from './limits.ts';
export { type LogFacts, type Logger, silentLogger } from './logger.ts';
export { portions } from './portions.ts';
export { type Random, systemRandom } from './random.ts';
export { boundedList, strictMap } from './schemas.ts';
export {
  byteString,
  type Fields,
  hexBytes,
  integerFrom,
  listOf,
  type MapOf,
  type MapShape,
  Misfit,
  mapOf,
  nullOr,
  oneOf,
  readShape,
  type Shape,
  type ValueOf,
  wordOf,
} from './shapes.ts';
export { escapeControls, escapeControlsExceptLineFeed, isCanonicalText, isPrintable, isStreamSafe } from './text.ts';

export { AssertionError, assert } from './assert.ts';
export { bytesToUtf8, compareBytes, concatBytes, equalBytes, fromHex, isHex, toHex, utf8ToBytes } from './bytes.ts';
export { type Clock, every, systemClock, type Timer } from './clock.ts';
export { decode, type Encodable, encode } from './encoding.ts';
export { CarechainError, describeError } from './errors.ts';
export { limits } from './limits.ts';
export { type LogFacts, type Logger, silentLogger } from './logger.ts';
export { type Random, systemRandom } from './random.ts';
export { escapeControls, escapeControlsExceptLineFeed, isCanonicalText, isPrintable } from './text.ts';

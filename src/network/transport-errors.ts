/** The errors of every transport. */
import { CarechainError } from '../base/index.ts';

/** `reason` ends the sentence; nothing a peer sent may be in it. */
export function dialFailed(reason: string, cause?: unknown): CarechainError {
  return new CarechainError('dial-failed', `No link could be made: ${reason}.`, {}, cause);
}

export function dialledSelf(): CarechainError {
  return new CarechainError('dialled-self', 'That is the address of this node itself.');
}

export function requestFailed(reason: string, cause?: unknown): CarechainError {
  return new CarechainError('request-failed', `The request got no answer: ${reason}.`, {}, cause);
}

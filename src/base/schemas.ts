/**
 * Schemas that look at the outside before the inside. A peer chooses how large a wrong value is, and must not choose how
 * long it takes to say so.
 */
import { z } from 'zod';

const aMap = z.custom<unknown>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array),
  'expected a map',
);

/**
 * A map with exactly these fields. Zod alone takes a byte string for an object whose fields are its indexes: of a megabyte
 * it named a million unknown fields, which took a second.
 */
export function strictMap<Shape extends z.ZodRawShape>(shape: Shape) {
  return aMap.pipe(z.strictObject(shape));
}

/** A list of `least` to `most` elements. Zod alone complains of every element before it complains of their number. */
export function boundedList<Element extends z.ZodType>(element: Element, least: number, most: number) {
  const aList = z.custom<unknown[]>(
    (value) => Array.isArray(value) && value.length >= least && value.length <= most,
    `expected a list of ${least} to ${most}`,
  );
  return aList.pipe(z.array(element));
}

/** The same elements in lists of `most`, in their order; the last may be shorter. Of none there is no list. */
export function portions<Element>(elements: readonly Element[], most: number): Element[][] {
  const count = Math.ceil(elements.length / most);
  return Array.from({ length: count }, (_, index) => elements.slice(index * most, (index + 1) * most));
}

/** One search; after a failure the next call looks again. */
export function once<T>(find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined
  return () => {
    found ??= find()
    found.catch(() => (found = undefined))
    return found
  }
}

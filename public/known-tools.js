let asked

/** What the hub can do, asked once for all views; after a failure the next one asks again. */
export function knownTools(hub) {
  asked ??= hub.tools().catch((error) => {
    asked = undefined
    throw error
  })
  return asked
}

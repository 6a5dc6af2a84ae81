import { parseEntries, type Entry } from './entry.ts'
import type { Stream } from './stream.ts'

/**
 * Yields every event behind byte `after`, past and future, in order and once, until the stream is closed or let go, or
 * `signal` aborts. Throws OffsetGoneError. There is no separate live path, so there is nothing to join: a slow consumer costs a late read.
 */
export async function* tail(
  stream: Stream,
  { after, signal }: { after: number; signal: AbortSignal },
): AsyncGenerator<Entry, void, undefined> {
  let cursor = after
  const watch = stream.watch()
  try {
    while (!signal.aborted && !stream.isGone) {
      const page = await stream.read(cursor)
      for (const entry of parseEntries(page.lines)) {
        if (signal.aborted) return
        yield entry
      }
      cursor = page.to
      if (cursor < stream.head) continue
      if (stream.isClosed) return
      await watch.changed(signal)
    }
  } finally {
    watch.stop()
  }
}

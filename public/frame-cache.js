import { FramePackParser } from './client/client/frame-pack-parser.js'

const MOST_AT_ONCE = 40
const MOST_BYTES = 64 * 1024 * 1024
/** After an answer that brought nothing. */
const PAUSE_MS = 500

/** The frames of a job that were wanted lately, fetched in packs: a film of any length takes no more memory than that. */
export function makeFrameCache(jobId) {
  /** By number, those wanted longest ago first. */
  const frames = new Map()
  const closed = new AbortController()
  let bytes = 0
  let loading

  return {
    /** The frame, or undefined while it is not there. */
    get(number) {
      const frame = frames.get(number)
      if (frame) {
        frames.delete(number)
        frames.set(number, frame)
      }
      return frame
    },
    has: (number) => frames.has(number),
    /** Fetches frames from that number on, one pack at a time. Resolves when something has come, or nothing could. */
    load(from) {
      loading ??= fetchPack(from).catch(() => 0).then(async (count) => {
        if (count === 0 && !closed.signal.aborted) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
        loading = undefined
      })
      return loading
    },
    close() {
      closed.abort()
      frames.clear()
    },
  }

  async function fetchPack(from) {
    const response = await fetch(`/api/jobs/${encodeURIComponent(jobId)}/framepack?from=${from}&count=${MOST_AT_ONCE}`, { signal: closed.signal, cache: 'no-store' })
    if (!response.ok) return 0
    const came = new FramePackParser().push(new Uint8Array(await response.arrayBuffer()))
    came.forEach((frame, index) => keep(from + index, frame))
    return came.length
  }

  function keep(number, frame) {
    bytes += frame.length - (frames.get(number)?.length ?? 0)
    frames.set(number, frame)
    for (const [oldest, { length }] of frames) {
      if (bytes <= MOST_BYTES) break
      frames.delete(oldest)
      bytes -= length
    }
  }
}

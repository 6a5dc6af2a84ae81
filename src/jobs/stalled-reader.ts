import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

const LOOKS = 10

/**
 * Calls `onStall` once, when the reader has taken no byte for `stallMs` of what waits for it, or up to a tenth later.
 * Returns what stops the watch. A socket's own timeout would take up to twice as long: where bytes went since it last
 * looked, it begins anew from that look.
 */
export function watchForStalledReader(outgoing: ServerResponse, { stallMs, onStall }: { stallMs: number; onStall: () => void }): () => void {
  let known = ''
  let tookAt = performance.now()
  const timer = setInterval(() => {
    const { socket } = outgoing
    const place = socket && socket.writableLength > 0 ? `${socket.bytesWritten} ${unsentBytes(socket)}` : ''
    // With nothing waiting it is not the reader who is slow: the disk is, or an answer before this one.
    if (place === '' || place !== known) tookAt = performance.now()
    known = place
    if (performance.now() - tookAt < stallMs) return
    clearInterval(timer)
    onStall()
  }, stallMs / LOOKS).unref()
  return () => clearInterval(timer)
}

/** Of the write that is under way: `bytesWritten` counts it as soon as it begins, and a slow reader may take a minute over it. */
function unsentBytes(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle')
  const isCounted = typeof handle === 'object' && handle !== null && 'writeQueueSize' in handle && typeof handle.writeQueueSize === 'number'
  return isCounted ? (handle.writeQueueSize as number) : 0
}

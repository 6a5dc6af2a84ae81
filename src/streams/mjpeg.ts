import type { Writable } from 'node:stream'
import { WakeUps, type Watch } from './wake-up.ts'

export const MJPEG_CONTENT_TYPE = 'multipart/x-mixed-replace; boundary=frame'

/** A picture that keeps changing. Only the newest is kept, and wake-ups say that there is one. */
export class NewestPicture {
  readonly #wakeUps = new WakeUps()
  #jpeg: Buffer | undefined
  #part = Buffer.alloc(0)
  #number = 0
  #isEnded = false
  #cause: unknown

  /** Takes the place of the picture before it. The bytes are copied. */
  show(jpeg: Uint8Array): void {
    const head = `Content-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\nX-Timestamp: ${Date.now() / 1000}\r\n\r\n`
    this.#part = Buffer.concat([Buffer.from(head), jpeg, BOUNDARY_BEHIND])
    this.#jpeg = this.#part.subarray(head.length, head.length + jpeg.length)
    this.#number++
    this.#wakeUps.wake()
  }

  /** No more will come, because of `cause` where something went wrong. */
  end(cause?: unknown): void {
    this.#isEnded = true
    this.#cause = cause
    this.#wakeUps.wake()
  }

  /** How many there have been. */
  get number(): number {
    return this.#number
  }

  get jpeg(): Buffer | undefined {
    return this.#jpeg
  }

  /** The newest as it travels, with the boundary behind it: the same bytes for all viewers. */
  get part(): Buffer {
    return this.#part
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  watch(): Watch {
    return this.#wakeUps.watch()
  }

  /** Resolves when there is one, or never will be. Rejects with the signal's reason, and with the cause where it ended without any. */
  async untilThere(signal: AbortSignal): Promise<void> {
    const watch = this.watch()
    try {
      while (this.#number === 0 && !this.#isEnded) {
        signal.throwIfAborted()
        await watch.changed(signal)
      }
      if (this.#number === 0 && this.#cause !== undefined) throw this.#cause
    } finally {
      watch.stop()
    }
  }
}

/**
 * Writes the newest picture each time there is one, until there are no more. One write is in flight; what came
 * meanwhile but for the newest is skipped. Resolves too when the viewer goes away or `signal` aborts; a viewer that
 * takes no byte for `stallMs` is cut.
 */
export async function sendPictures(
  target: Writable, picture: NewestPicture, { signal, stallMs = STALL_MS }: { signal: AbortSignal; stallMs?: number },
): Promise<void> {
  const gone = new AbortController()
  const leave = () => gone.abort()
  target.once('close', leave)
  const isOver = AbortSignal.any([signal, gone.signal])
  const watch = picture.watch()
  const send = (bytes: Buffer) => write(target, bytes, { isOver, stallMs })
  let sent = 0
  try {
    await send(FIRST_BOUNDARY)
    while (!isOver.aborted) {
      if (picture.number > sent) {
        sent = picture.number
        await send(picture.part)
      } else if (picture.isEnded) return await send(LAST_BOUNDARY)
      else await watch.changed(isOver)
    }
  } finally {
    watch.stop()
    target.off('close', leave)
  }
}

const FIRST_BOUNDARY = Buffer.from('--frame\r\n')
// Behind each picture and not before the next: a browser shows a part when it has seen its end.
const BOUNDARY_BEHIND = Buffer.from('\r\n--frame\r\n')
const LAST_BOUNDARY = Buffer.from('--frame--\r\n')
const STALL_MS = 30_000

/** Resolves when the bytes have left the process or nobody wants them any more. */
async function write(target: Writable, bytes: Buffer, { isOver, stallMs }: { isOver: AbortSignal; stallMs: number }): Promise<void> {
  if (isOver.aborted || target.destroyed) return
  const stall = setTimeout(() => target.destroy(), stallMs)
  await new Promise<void>((resolve) => {
    const done = () => {
      isOver.removeEventListener('abort', done)
      resolve()
    }
    isOver.addEventListener('abort', done)
    target.write(bytes, done)
  })
  clearTimeout(stall)
}

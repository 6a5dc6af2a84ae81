/** So much is sent with the request that announces it; more is worth a second one. */
const SMALL_BYTES = 1024 * 1024

/**
 * What is sent at a time: kept until the hub has it, so that what can be read only once can be sent again. Also what a
 * proxy that hands on whole requests only may lose.
 */
const PIECE_BYTES = 16 * 1024 * 1024

export interface Piece {
  readonly bytes: Blob
  readonly isLast: boolean
}

/** Takes a body apart: at most SMALL_BYTES first, then larger pieces. There is one at least, of no bytes if need be. */
export function piecesOf(body: Blob | ReadableStream<Uint8Array>): AsyncGenerator<Piece, void, undefined> {
  return body instanceof ReadableStream ? piecesOfStream(body) : piecesOfBlob(body)
}

async function* piecesOfBlob(blob: Blob): AsyncGenerator<Piece, void, undefined> {
  let from = 0
  for (let most = SMALL_BYTES; ; most = PIECE_BYTES) {
    const to = Math.min(blob.size, from + most)
    yield { bytes: blob.slice(from, to), isLast: to === blob.size }
    if (to === blob.size) return
    from = to
  }
}

async function* piecesOfStream(stream: ReadableStream<Uint8Array>): AsyncGenerator<Piece, void, undefined> {
  const reader = stream.getReader()
  let held: Uint8Array<ArrayBuffer>[] = []
  let heldBytes = 0
  let most = SMALL_BYTES
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return yield { bytes: new Blob(held), isLast: true }
      for (let rest = value as Uint8Array<ArrayBuffer>; rest.byteLength > 0;) {
        // Not before more has come: a last piece that is full is known as the last.
        if (heldBytes === most) {
          yield { bytes: new Blob(held), isLast: false }
          held = []
          heldBytes = 0
          most = PIECE_BYTES
        }
        const taken = rest.subarray(0, most - heldBytes)
        held.push(taken)
        heldBytes += taken.byteLength
        rest = rest.subarray(taken.byteLength)
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

/** How frames follow each other in what an encoder writes. */
export type FrameFormat =
  | { readonly type: 'png' | 'jpeg' | 'webp' }
  | { readonly type: 'raw'; readonly frameBytes: number }
  /** In front of each frame: its size, u32be. */
  | { readonly type: 'sized' }

/** Finds the end of one picture without decoding it. */
export interface PictureScanner {
  /** So many bytes stand in front and are not the picture's own. */
  readonly headBytes?: number
  /**
   * The byte behind the picture that `bytes` begins with, undefined while it is not all there. Each call gets the same
   * bytes again and more; what has been looked through is not looked through again.
   */
  end(bytes: Buffer): number | undefined
}

export class NotAPictureError extends Error {
  override name = 'NotAPictureError'
}

export function pictureScanner(format: FrameFormat): PictureScanner {
  if (format.type === 'raw') return { end: (bytes) => (bytes.length >= format.frameBytes ? format.frameBytes : undefined) }
  if (format.type === 'sized') return SIZED_SCANNER
  return new SCANNERS[format.type]()
}

const SIZE_BYTES = 4
const MOST_BYTES = 2 ** 26

const SIZED_SCANNER: PictureScanner = {
  headBytes: SIZE_BYTES,
  end(bytes) {
    if (bytes.length < SIZE_BYTES) return undefined
    const size = bytes.readUInt32BE(0)
    if (size === 0 || size > MOST_BYTES) throw new NotAPictureError(`The encoder wrote ${size} for the size of a frame`)
    return bytes.length >= SIZE_BYTES + size ? SIZE_BYTES + size : undefined
  },
}

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const IEND = 0x49454e44

/** By its chunks: length, type, data, checksum (PNG specification, section 5.3). */
class PngScanner implements PictureScanner {
  #at = PNG_SIGNATURE.length

  end(bytes: Buffer): number | undefined {
    expectStart(bytes, PNG_SIGNATURE, 'PNG')
    while (this.#at + 8 <= bytes.length) {
      const next = this.#at + 12 + bytes.readUInt32BE(this.#at)
      if (bytes.readUInt32BE(this.#at + 4) === IEND) return next <= bytes.length ? next : undefined
      this.#at = next
    }
    return undefined
  }
}

const JPEG_START = Buffer.from([0xff, 0xd8])
const END_OF_IMAGE = 0xd9
const START_OF_SCAN = 0xda

/** By its markers: segments with a length, and behind a start of scan the coded data, in which FF is followed by 00 or a restart (ITU T.81, annex B). */
class JpegScanner implements PictureScanner {
  #at = JPEG_START.length
  #isInScan = false

  end(bytes: Buffer): number | undefined {
    expectStart(bytes, JPEG_START, 'JPEG')
    for (;;) {
      if (this.#isInScan) {
        const mark = bytes.indexOf(0xff, this.#at)
        this.#at = mark < 0 ? bytes.length : mark
      }
      if (this.#at + 2 > bytes.length) return undefined
      const marker = bytes[this.#at + 1]!
      if (marker === END_OF_IMAGE) return this.#at + 2
      if (marker === 0xff) this.#at++
      else if (marker === 0 || (marker >= 0xd0 && marker <= 0xd7)) this.#at += 2
      else {
        if (this.#at + 4 > bytes.length) return undefined
        this.#isInScan = marker === START_OF_SCAN
        this.#at += 2 + bytes.readUInt16BE(this.#at + 2)
      }
    }
  }
}

const RIFF = Buffer.from('RIFF')

/** By its container's size (WebP container specification). */
class WebpScanner implements PictureScanner {
  end(bytes: Buffer): number | undefined {
    expectStart(bytes, RIFF, 'WebP')
    if (bytes.length < 8) return undefined
    const end = 8 + bytes.readUInt32LE(4)
    return end <= bytes.length ? end : undefined
  }
}

const SCANNERS = { png: PngScanner, jpeg: JpegScanner, webp: WebpScanner } as const

function expectStart(bytes: Buffer, start: Buffer, name: string): void {
  const known = Math.min(bytes.length, start.length)
  if (bytes.compare(start, 0, known, 0, known) === 0) return
  throw new NotAPictureError(`The encoder wrote something that is no ${name}: it begins with ${bytes.subarray(0, 16).toString('hex')}`)
}

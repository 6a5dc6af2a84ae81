/** How a picture's pixels lie: 1 upright, to 8, as Exif 2.3 numbers them (tag 0x0112). */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8

const TAG = 0x0112

/**
 * What a JPEG, PNG or WebP says of its orientation; undefined where it is none of these. What is not said or not
 * understood is upright.
 */
export function readOrientation(file: Buffer): Orientation | undefined {
  const exif = findExif(file)
  return exif === undefined ? undefined : orientationIn(exif)
}

/** Filters that set it upright. */
export function turnFilters(orientation: Orientation): readonly string[] {
  return TURNS[orientation]
}

const TURNS: Readonly<Record<Orientation, readonly string[]>> = {
  1: [], 2: ['hflip'], 3: ['hflip', 'vflip'], 4: ['vflip'], 5: ['transpose=0'], 6: ['transpose=1'], 7: ['transpose=3'], 8: ['transpose=2'],
}

/** The TIFF structure in it; empty where there is none. */
function findExif(file: Buffer): Buffer | undefined {
  const head = file.toString('latin1', 0, 12)
  if (head.startsWith('\xff\xd8')) return exifOfJpeg(file)
  if (head.startsWith('\x89PNG')) return chunkOf(file, { name: 'eXIf', start: 8, layout: PNG })
  if (head.startsWith('RIFF') && head.endsWith('WEBP')) return withoutName(chunkOf(file, { name: 'EXIF', start: 12, layout: WEBP }))
  return undefined
}

const NONE = Buffer.alloc(0)

function exifOfJpeg(file: Buffer): Buffer {
  for (let at = 2; at + 4 <= file.length && file[at] === 0xff; ) {
    const marker = file[at + 1]!
    // The picture itself begins.
    if (marker === 0xda || marker === 0xd9) break
    const length = file.readUInt16BE(at + 2)
    const segment = file.subarray(at + 4, at + 2 + length)
    if (marker === 0xe1 && segment.toString('latin1', 0, 6) === 'Exif\0\0') return segment.subarray(6)
    at += 2 + Math.max(2, length)
  }
  return NONE
}

interface Layout {
  readonly nameAt: number
  readonly sizeAt: number
  readonly dataAt: number
  readonly isBigEndian: boolean
  /** Bytes from the end of one chunk's data to the next. */
  readonly gap: (size: number) => number
}

const PNG: Layout = { nameAt: 4, sizeAt: 0, dataAt: 8, isBigEndian: true, gap: () => 4 }
const WEBP: Layout = { nameAt: 0, sizeAt: 4, dataAt: 8, isBigEndian: false, gap: (size) => size % 2 }

function chunkOf(file: Buffer, { name, start, layout }: { readonly name: string; readonly start: number; readonly layout: Layout }): Buffer {
  for (let at = start; at + layout.dataAt <= file.length; ) {
    const size = layout.isBigEndian ? file.readUInt32BE(at + layout.sizeAt) : file.readUInt32LE(at + layout.sizeAt)
    const data = at + layout.dataAt
    if (file.toString('latin1', at + layout.nameAt, at + layout.nameAt + 4) === name) return file.subarray(data, data + size)
    at = data + size + layout.gap(size)
  }
  return NONE
}

/** Some writers put the name that JPEG wants in front here too. */
function withoutName(exif: Buffer): Buffer {
  return exif.toString('latin1', 0, 6) === 'Exif\0\0' ? exif.subarray(6) : exif
}

function orientationIn(tiff: Buffer): Orientation {
  const order = tiff.toString('latin1', 0, 2)
  if (tiff.length < 8 || (order !== 'II' && order !== 'MM')) return 1
  const u16 = (at: number) => (at + 2 > tiff.length ? 0 : order === 'II' ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at))
  const directory = order === 'II' ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4)
  for (let entry = 0; entry < u16(directory); entry++) {
    const at = directory + 2 + 12 * entry
    if (u16(at) !== TAG) continue
    const value = u16(at + 8)
    return value >= 1 && value <= 8 ? (value as Orientation) : 1
  }
  return 1
}

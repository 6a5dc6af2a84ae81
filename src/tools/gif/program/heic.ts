import { hevcOf, readItems, type HeifItems } from './heif-items.ts'

/** A photo of a telephone as ffmpeg of any age reads it: its tiles as frames of a video, and what makes a picture of them. */
export interface HevcPicture {
  /** A stream in the form of ITU-T H.265, annex B. */
  readonly stream: Buffer
  /** Filters that put the tiles together and set the picture upright. */
  readonly filters: readonly string[]
}

const MOST_PICTURE_PIXELS = 150_000_000

/** Takes a HEIC apart. Throws where it is damaged, or of a kind that no telephone makes. */
export function hevcPictureOf(file: Buffer): HevcPicture {
  const items = readItems(file)
  const { primary } = items
  const turn = items.propertiesOf(primary).flatMap(turnFilter)
  if (items.typeOf(primary) === 'hvc1') return { stream: hevcOf(items, primary), filters: turn }
  if (items.typeOf(primary) !== 'grid') throw new Error('it is HEIC of a kind that is not known here; send it as JPEG')
  const { columns, rows, width, height } = readGrid(items.dataOf(primary))
  const tiles = items.tilesOf(primary)
  if (tiles.length !== columns * rows) throw new Error(`it is HEIC of ${columns * rows} tiles, of which ${tiles.length} are there`)
  if (width * height > MOST_PICTURE_PIXELS) throw new Error(`${width}x${height} is too large`)
  return {
    stream: joined(tiles.map((tile) => () => hevcOf(items, tile)), 2 * file.length + SLACK_BYTES),
    filters: [`tile=${columns}x${rows}`, `crop=${width}:${height}:0:0`, ...turn],
  }
}

/** What each tile tells anew of itself. */
const SLACK_BYTES = 1024 * 1024

/** A file that names the same bytes again and again does not become larger than it may. */
function joined(parts: readonly (() => Buffer)[], mostBytes: number): Buffer {
  const made: Buffer[] = []
  let bytes = 0
  for (const make of parts) {
    const part = make()
    bytes += part.length
    if (bytes > mostBytes) throw new Error('it is HEIC whose tiles are the same bytes')
    made.push(part)
  }
  return Buffer.concat(made)
}

/** ISO 23008-12, 10.2: brands of pictures in HEVC, alone or as a collection. */
const BRANDS = /heic|heix|heim|heis/

/** By its beginning. */
export function isHeic(file: Buffer): boolean {
  return file.length > 16 && file.toString('latin1', 4, 8) === 'ftyp' && BRANDS.test(file.toString('latin1', 8, Math.min(file.readUInt32BE(0), 128)))
}

/** 6.6.2.3.2: what is made of tiles that lie in rows. */
function readGrid(data: Buffer) {
  const isLong = (data.readUInt8(1) & 1) === 1
  const at = (index: number) => (isLong ? data.readUInt32BE(4 + 4 * index) : data.readUInt16BE(4 + 2 * index))
  return { rows: data.readUInt8(2) + 1, columns: data.readUInt8(3) + 1, width: at(0), height: at(1) }
}

/** 6.5.10 and 6.5.12, in the order in which they are named: quarters against the clock, and mirrors. */
function turnFilter({ type, data }: HeifItems['properties'][number]): readonly string[] {
  if (type === 'irot') return [[], ['transpose=2'], ['hflip', 'vflip'], ['transpose=1']][data.readUInt8(0) & 3]!
  return type === 'imir' ? [(data.readUInt8(0) & 1) === 1 ? 'hflip' : 'vflip'] : []
}

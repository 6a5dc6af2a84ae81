import { execFileSync } from 'node:child_process'

const TILE = 64

interface Grid {
  /** Of each tile, row by row. */
  readonly colors: readonly string[]
  readonly columns: number
  readonly width: number
  readonly height: number
  /** Quarters against the clock by which the picture is to be turned. */
  readonly quarters: number
  /** How often each tile's bytes are named as its own; once unless given. */
  readonly times?: number
}

/** A HEIC as telephones make them: tiles of HEVC, put together and turned. */
export function makeTiledHeic({ colors, columns, width, height, quarters, times = 1 }: Grid): Buffer {
  const tiles = colors.map(encodeTile)
  const rows = colors.length / columns
  const gridId = tiles.length + 1
  const ids = tiles.map((_, index) => index + 1)
  const ftyp = box('ftyp', text('heic'), u32(0), text('mif1'), text('heic'))
  const config = decoderConfiguration(tiles[0]!.parameters)
  const places = (begin: number) => {
    let at = begin
    return tiles.map(({ picture }) => ({ offset: (at += picture.length) - picture.length, length: picture.length }))
  }
  const meta = (begin: number) => {
    const located = places(begin)
    return box('meta', u32(0),
      box('hdlr', u32(0), u32(0), text('pict'), Buffer.alloc(13)),
      box('pitm', u32(0), u16(gridId)),
      box('iloc', Buffer.from([1, 0, 0, 0, 0x44, 0x00]), u16(gridId),
        ...ids.map((id, index) => Buffer.concat([u16(id), u16(0), u16(0), u16(times), ...Array.from({ length: times }, () => Buffer.concat([u32(located[index]!.offset), u32(located[index]!.length)]))])),
        u16(gridId), u16(1), u16(0), u16(1), u32(0), u32(8)),
      box('iinf', u32(0), u16(gridId), ...ids.map((id) => item(id, 'hvc1')), item(gridId, 'grid')),
      box('iref', u32(0), box('dimg', u16(gridId), u16(ids.length), ...ids.map(u16))),
      box('iprp',
        box('ipco', box('hvcC', config), box('ispe', u32(0), u32(TILE), u32(TILE)), box('ispe', u32(0), u32(width), u32(height)), box('irot', Buffer.from([quarters]))),
        box('ipma', u32(0), u32(gridId), ...ids.map((id) => Buffer.concat([u16(id), Buffer.from([2, 0x81, 2])])), u16(gridId), Buffer.from([2, 3, 0x84]))),
      box('idat', Buffer.from([0, 0, rows - 1, columns - 1]), u16(width), u16(height)))
  }
  const begin = ftyp.length + meta(0).length + 8
  return Buffer.concat([ftyp, meta(begin), box('mdat', ...tiles.map(({ picture }) => picture))])
}

function encodeTile(color: string) {
  const stream = execFileSync('ffmpeg', [
    '-v', 'error', '-f', 'lavfi', '-i', `color=c=${color}:s=${TILE}x${TILE}`, '-frames:v', '1', '-pix_fmt', 'yuv420p', '-c:v', 'libx265', '-x265-params', 'log-level=none:info=0', '-f', 'hevc', '-',
  ])
  const units = stream.toString('latin1').split(/\0{2,3}\x01/).filter((unit) => unit !== '').map((unit) => Buffer.from(unit, 'latin1'))
  const isParameter = (unit: Buffer) => ((unit[0]! >> 1) & 63) >= 32
  return { parameters: units.filter(isParameter), picture: Buffer.concat(units.filter((unit) => !isParameter(unit)).flatMap((unit) => [u32(unit.length), unit])) }
}

/** ISO 14496-15, 8.3.3: of what stands there only what readers look at. */
function decoderConfiguration(parameters: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(23)
  head[0] = 1
  // Profile Main, level 3, 4:2:0, four bytes of length before each unit.
  head.set([0x01, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 90, 0xf0, 0, 0xfc, 0xfd, 0xf8, 0xf8], 1)
  head[21] = 0x0f
  head[22] = parameters.length
  return Buffer.concat([head, ...parameters.flatMap((unit) => [Buffer.from([0x80 | ((unit[0]! >> 1) & 63)]), u16(1), u16(unit.length), unit])])
}

function item(id: number, type: string): Buffer {
  return box('infe', Buffer.from([2, 0, 0, 0]), u16(id), u16(0), text(type), Buffer.alloc(1))
}

function box(type: string, ...parts: readonly Buffer[]): Buffer {
  const data = Buffer.concat(parts)
  return Buffer.concat([u32(data.length + 8), text(type), data])
}

function text(value: string): Buffer {
  return Buffer.from(value, 'latin1')
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

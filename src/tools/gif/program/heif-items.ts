/** What is in a HEIF file (ISO 23008-12 and 14496-12), as far as it takes to decode its pictures. */
export interface HeifItems {
  readonly primary: number
  readonly properties: readonly { readonly type: string; readonly data: Buffer }[]
  typeOf(item: number): string | undefined
  /** In the order in which they are to be applied. */
  propertiesOf(item: number): HeifItems['properties']
  dataOf(item: number): Buffer
  /** What a picture is put together of, in its order. */
  tilesOf(item: number): readonly number[]
}

interface Box {
  readonly type: string
  readonly data: Buffer
}

/** Reads no picture. Throws where something is missing or cut off. */
export function readItems(file: Buffer): HeifItems {
  const meta = boxesOf(needed(boxesOf(file), 'meta').subarray(4))
  const types = readTypes(needed(meta, 'iinf'))
  const iprp = boxesOf(needed(meta, 'iprp'))
  const properties = boxesOf(needed(iprp, 'ipco'))
  const assigned = readAssociations(needed(iprp, 'ipma'))
  const places = readPlaces(needed(meta, 'iloc'))
  const idat = meta.find(({ type }) => type === 'idat')?.data
  const references = meta.find(({ type }) => type === 'iref')?.data
  const pitm = needed(meta, 'pitm')
  return {
    primary: pitm.readUInt8(0) === 0 ? pitm.readUInt16BE(4) : pitm.readUInt32BE(4),
    properties,
    typeOf: (item) => types.get(item),
    propertiesOf: (item) => (assigned.get(item) ?? []).flatMap((index) => properties[index - 1] ?? []),
    dataOf(item) {
      const { isInIdat, extents } = places.get(item) ?? { isInIdat: false, extents: [] }
      const from = isInIdat ? idat : file
      const parts = extents.map(({ offset, length }) => from?.subarray(offset, length === 0 ? undefined : offset + length))
      if (parts.length === 0 || parts.some((part, index) => part === undefined || part.length < (extents[index]?.length ?? 0))) throw new Error('it is HEIC that is cut short')
      if (parts.reduce((sum, part) => sum + part!.length, 0) > file.length) throw new Error('it is HEIC that names the same bytes again and again')
      return Buffer.concat(parts as Buffer[])
    },
    tilesOf: (item) => (references === undefined ? [] : readTiles(references, item)),
  }
}

/** One picture as a stream of ITU-T H.265, annex B: what a decoder has to know first (14496-15, 8.3.3), and then the picture. */
export function hevcOf(items: HeifItems, item: number): Buffer {
  const config = items.propertiesOf(item).find(({ type }) => type === 'hvcC')?.data
  if (!config || items.typeOf(item) !== 'hvc1') throw new Error('it is HEIC with a picture that is not HEVC')
  const units: Buffer[] = []
  let at = 23
  for (let array = config.readUInt8(22); array > 0; array--) {
    const count = config.readUInt16BE(at + 1)
    at += 3
    for (let unit = 0; unit < count; unit++) {
      const size = config.readUInt16BE(at)
      units.push(config.subarray(at + 2, at + 2 + size))
      at += 2 + size
    }
  }
  const data = items.dataOf(item)
  const sizeBytes = (config.readUInt8(21) & 3) + 1
  for (at = 0; at < data.length; ) {
    const size = data.readUIntBE(at, sizeBytes)
    units.push(data.subarray(at + sizeBytes, at + sizeBytes + size))
    at += sizeBytes + size
  }
  return Buffer.concat(units.flatMap((unit) => [START, unit]))
}

const START = Buffer.from([0, 0, 0, 1])

function boxesOf(data: Buffer): readonly Box[] {
  const boxes: Box[] = []
  for (let at = 0; at + 8 <= data.length; ) {
    const short = data.readUInt32BE(at)
    const head = short === 1 ? 16 : 8
    const size = short === 0 ? data.length - at : short === 1 ? Number(data.readBigUInt64BE(at + 8)) : short
    if (size < head) throw new Error('it is HEIC that is damaged')
    boxes.push({ type: data.toString('latin1', at + 4, at + 8), data: data.subarray(at + head, at + size) })
    at += size
  }
  return boxes
}

function needed(boxes: readonly Box[], wanted: string): Buffer {
  const found = boxes.find(({ type }) => type === wanted)
  if (!found) throw new Error(`it is HEIC without its ${wanted}`)
  return found.data
}

function readTypes(iinf: Buffer): ReadonlyMap<number, string> {
  const entries = boxesOf(iinf.subarray(iinf.readUInt8(0) === 0 ? 6 : 8))
  return new Map(entries.filter(({ type }) => type === 'infe').map(({ data }) => {
    const isLong = data.readUInt8(0) >= 3
    return [isLong ? data.readUInt32BE(4) : data.readUInt16BE(4), data.toString('latin1', isLong ? 10 : 8, isLong ? 14 : 12)]
  }))
}

/** Which properties each item has, counted from 1. */
function readAssociations(ipma: Buffer): ReadonlyMap<number, readonly number[]> {
  const [isLongId, isLongIndex] = [ipma.readUInt8(0) >= 1, (ipma.readUInt8(3) & 1) === 1]
  const found = new Map<number, readonly number[]>()
  let at = 8
  for (let entry = ipma.readUInt32BE(4); entry > 0; entry--) {
    const id = isLongId ? ipma.readUInt32BE(at) : ipma.readUInt16BE(at)
    at += isLongId ? 4 : 2
    const count = ipma.readUInt8(at++)
    const indices: number[] = []
    for (let index = 0; index < count; index++) {
      // The first bit says whether one has to understand it.
      indices.push(isLongIndex ? ipma.readUInt16BE(at) & 0x7fff : ipma.readUInt8(at) & 0x7f)
      at += isLongIndex ? 2 : 1
    }
    found.set(id, indices)
  }
  return found
}

interface Place {
  readonly isInIdat: boolean
  readonly extents: readonly { readonly offset: number; readonly length: number }[]
}

function readPlaces(iloc: Buffer): ReadonlyMap<number, Place> {
  const version = iloc.readUInt8(0)
  const [offsetSize, lengthSize, baseSize] = [iloc.readUInt8(4) >> 4, iloc.readUInt8(4) & 15, iloc.readUInt8(5) >> 4]
  const indexSize = version === 0 ? 0 : iloc.readUInt8(5) & 15
  let at = 6
  const next = (size: number) => {
    const value = size === 0 ? 0 : size === 8 ? Number(iloc.readBigUInt64BE(at)) : iloc.readUIntBE(at, size)
    at += size
    return value
  }
  const idSize = version < 2 ? 2 : 4
  const found = new Map<number, Place>()
  for (let item = next(idSize); item > 0; item--) {
    const id = next(idSize)
    const method = version === 0 ? 0 : next(2) & 15
    // Which file it lies in; always this one.
    next(2)
    const base = next(baseSize)
    const extents: { offset: number; length: number }[] = []
    for (let extent = next(2); extent > 0; extent--) {
      next(indexSize)
      const offset = base + next(offsetSize)
      extents.push({ offset, length: next(lengthSize) })
    }
    found.set(id, { isInIdat: method === 1, extents })
  }
  return found
}

function readTiles(iref: Buffer, item: number): readonly number[] {
  const size = iref.readUInt8(0) === 0 ? 2 : 4
  const derived = boxesOf(iref.subarray(4)).find(({ type, data }) => type === 'dimg' && data.readUIntBE(0, size) === item)
  if (!derived) return []
  return Array.from({ length: derived.data.readUInt16BE(size) }, (_, index) => derived.data.readUIntBE(size + 2 + size * index, size))
}

import { inflateSync } from 'node:zlib'

export interface Png {
  readonly width: number
  readonly height: number
  readonly bytes: Buffer
}

/** Throws for what is no whole PNG of eight bits a channel. */
export function readPng(bytes: Buffer): Png {
  if (bytes.readBigUInt64BE(0) !== 0x89504e470d0a1a0an) throw new Error('no PNG')
  const packed: Buffer[] = []
  let width = 0
  let height = 0
  let channels = 0
  for (let at = 8, type = ''; type !== 'IEND'; ) {
    const length = bytes.readUInt32BE(at)
    type = bytes.toString('latin1', at + 4, at + 8)
    const data = bytes.subarray(at + 8, at + 8 + length)
    if (type === 'IHDR') {
      width = data.readUInt32BE(0)
      height = data.readUInt32BE(4)
      channels = data[9] === 6 ? 4 : 3
    }
    if (type === 'IDAT') packed.push(data)
    at += 12 + length
  }
  const rows = inflateSync(Buffer.concat(packed))
  if (rows.length !== height * (1 + width * channels)) throw new Error('the PNG lacks rows')
  return { width, height, bytes }
}

import { inflateRawSync } from 'node:zlib'

const COMPRESSIONS = ['none', 'ans', 'deflate', 'custom']
const COMBINED = 12
const VIDEO = 0
const CHARACTER_SYMBOLS = 32
const COLOR_SYMBOLS = 24
const FIRST_RUN_SYMBOL = 16
const PALETTE_BYTES = 48
const DRAWING = 0x80

/**
 * A 32vid of one picture, read as its published description has it and with nothing of ours: its head, and a chunk for
 * each frame, for `decodeFrame`.
 */
export function read32vid(bytes) {
  if (bytes.toString('latin1', 0, 4) !== '32VD') throw new Error('not a 32vid')
  const head = {
    columns: bytes.readUInt16LE(4), rows: bytes.readUInt16LE(6), compression: COMPRESSIONS[bytes.readUInt16LE(10) & 3],
  }
  const streams = bytes[9]
  const chunks = []
  for (let stream = 0, at = 12; stream < streams; stream++) {
    const end = at + 9 + bytes.readUInt32LE(at)
    if (bytes[at + 8] === COMBINED) chunks.push(...videoChunks(bytes.subarray(at + 9, end), bytes.readUInt32LE(at + 4)))
    at = end
  }
  return { ...head, chunks }
}

function videoChunks(stream, count) {
  const chunks = []
  for (let index = 0, at = 0; index < count; index++) {
    const end = at + 5 + stream.readUInt32LE(at)
    if (end > stream.length) throw new Error(`chunk ${index} of ${count} ends after its stream`)
    if (stream[at + 4] === VIDEO) chunks.push(stream.subarray(at + 5, end))
    at = end
  }
  return chunks
}

/** Characters and colors a cell, and the palette. */
export function decodeFrame(chunk, { columns, rows, compression }) {
  const count = columns * rows
  if (compression === 'deflate') return decodePlain(inflateRawSync(chunk), count)
  if (compression === 'none') return decodePlain(chunk, count)
  const { characters, foreground, background, rest } = compression === 'ans' ? decodeAns(chunk, count) : decodeHuffman(chunk, count)
  if (rest.length !== PALETTE_BYTES) throw new Error(`${rest.length} bytes where a palette should be`)
  return {
    characters: characters.map((low) => DRAWING | low),
    colors: background.map((color, cell) => (color << 4) | foreground[cell]),
    palette: rest,
  }
}

function decodePlain(chunk, count) {
  const packed = Math.ceil(count / 8) * 5
  if (chunk.length !== packed + count + PALETTE_BYTES) throw new Error(`a frame of ${chunk.length} bytes`)
  const bits = bitReader(chunk)
  return {
    characters: Uint8Array.from({ length: count }, () => DRAWING | bits.read(5)),
    colors: chunk.subarray(packed, packed + count),
    palette: chunk.subarray(packed + count),
  }
}

function decodeAns(chunk, count) {
  const block = ansBlock(chunk, CHARACTER_SYMBOLS)
  const characters = symbolPlane(block, count)
  const colorBlock = ansBlock(chunk.subarray(block.end()), COLOR_SYMBOLS)
  const background = colorPlane(colorBlock, count)
  const foreground = colorPlane(colorBlock, count)
  return { characters, foreground, background, rest: chunk.subarray(block.end() + colorBlock.end()) }
}

function decodeHuffman(chunk, count) {
  const block = huffmanBlock(chunk, CHARACTER_SYMBOLS)
  const characters = symbolPlane(block, count)
  const colorBlock = huffmanBlock(chunk.subarray(block.end()), COLOR_SYMBOLS)
  const foreground = colorPlane(colorBlock, count)
  const background = colorPlane(colorBlock, count)
  return { characters, foreground, background, rest: chunk.subarray(block.end() + colorBlock.end()) }
}

/** `next` gives the symbols in order; `end` is where the block's bytes end, once all have been taken. */
function ansBlock(bytes, symbols) {
  const log = bytes[0]
  const size = 2 ** log
  const head = 1 + symbols / 2
  if (log === 0) return { next: () => bytes[head], end: () => head + 1 }
  const frequencies = nibbles(bytes.subarray(1, head)).map((nibble) => (nibble === 0 ? 0 : 2 ** (nibble - 1)))
  const slots = spread(frequencies, size)
  const seen = [...frequencies]
  const table = Array.from(slots, (symbol) => {
    const value = seen[symbol]++
    const bits = log - Math.floor(Math.log2(value))
    return { symbol, bits, base: value * 2 ** bits - size }
  })
  const bits = bitReader(bytes, head)
  let state = bits.read(log)
  return {
    next() {
      const entry = table[state]
      state = entry.base + bits.read(entry.bits)
      return entry.symbol
    },
    end() {
      if (state !== 0) throw new Error(`the ANS coder ended in state ${state}`)
      return bits.end()
    },
  }
}

function spread(frequencies, size) {
  const sum = frequencies.reduce((total, frequency) => total + frequency, 0)
  if (sum !== size) throw new Error(`ANS frequencies of ${sum} in a table of ${size}`)
  const slots = new Int16Array(size).fill(-1)
  let at = 0
  for (const [symbol, frequency] of frequencies.entries()) {
    for (let time = 0; time < frequency; time++) {
      while (slots[at] !== -1) at = (at + 1) % size
      slots[at] = symbol
      at = (at + size * 5 / 8 + 3) % size
    }
  }
  return slots
}

function huffmanBlock(bytes, symbols) {
  const head = symbols / 2
  const lengths = nibbles(bytes.subarray(0, head))
  if (lengths.every((length) => length === 0)) return { next: () => bytes[head], end: () => head + 1 }
  const used = lengths.flatMap((length, symbol) => (length > 0 ? [{ length, symbol }] : []))
  used.sort((a, b) => a.length - b.length || a.symbol - b.symbol)
  const codes = new Map()
  let code = 0
  for (const [index, { length, symbol }] of used.entries()) {
    if (index > 0) code = (code + 1) << (length - used[index - 1].length)
    codes.set((1 << length) | code, symbol)
  }
  const bits = bitReader(bytes, head)
  return {
    next() {
      for (let read = 1, length = 0; length < 16; length++) {
        read = (read << 1) | bits.read(1)
        if (codes.has(read)) return codes.get(read)
      }
      throw new Error('bits that are no code')
    },
    end: () => bits.end(),
  }
}

function symbolPlane(block, count) {
  return Uint8Array.from({ length: count }, () => block.next())
}

/** Symbols above the colors repeat the last color; one that goes on after the plane's end is cut. */
function colorPlane(block, count) {
  const plane = new Uint8Array(count)
  for (let cell = 0, last; cell < count;) {
    const symbol = block.next()
    if (symbol >= FIRST_RUN_SYMBOL && last === undefined) throw new Error('a plane that begins with a run')
    const length = symbol < FIRST_RUN_SYMBOL ? 1 : 2 ** (symbol - FIRST_RUN_SYMBOL + 1)
    if (symbol < FIRST_RUN_SYMBOL) last = symbol
    plane.fill(last, cell, cell + length)
    cell += length
  }
  return plane
}

function nibbles(bytes) {
  return [...bytes].flatMap((byte) => [byte >> 4, byte & 15])
}

/** Bits from the top of each byte down. */
function bitReader(bytes, start = 0) {
  let at = start * 8
  return {
    read(count) {
      let value = 0
      for (let taken = 0; taken < count; taken++, at++) {
        if (at >= bytes.length * 8) throw new Error('a block ends in the middle')
        value = (value << 1) | ((bytes[at >> 3] >> (7 - (at & 7))) & 1)
      }
      return value
    },
    end: () => Math.ceil(at / 8),
  }
}

import { BitReader } from './bit-reader.ts'
import type { ByteReader } from './byte-reader.ts'
import type { AnsDecoder } from './decode-ans.ts'

/** Reads blocks of canonical Huffman codes, of which a nibble each tells the length. */
export function readHuffmanBlock(bytes: ByteReader, alphabet: number): Omit<AnsDecoder, 'states'> {
  const lengths = Array.from({ length: alphabet / 2 }, () => bytes.u8()).flatMap((byte) => [byte >> 4, byte & 15])
  const coded = lengths.flatMap((length, symbol) => (length > 0 ? [{ length, symbol }] : []))
  if (coded.length === 0) {
    const symbol = bytes.u8()
    return { isConstant: true, next: () => symbol, finish: () => undefined }
  }
  coded.sort((a, b) => a.length - b.length || a.symbol - b.symbol)
  const symbols = new Map<string, number>()
  let code = -1
  let lastLength = coded[0]!.length
  for (const { length, symbol } of coded) {
    code = (code + 1) * 2 ** (length - lastLength)
    lastLength = length
    symbols.set(code.toString(2).padStart(length, '0'), symbol)
  }
  const reader = new BitReader(bytes)
  return {
    isConstant: false,
    next: () => {
      for (let code = ''; code.length < 15; ) {
        code += reader.read(1)
        const symbol = symbols.get(code)
        if (symbol !== undefined) return symbol
      }
      throw new Error('There is no such code')
    },
    finish: () => reader.finish(),
  }
}

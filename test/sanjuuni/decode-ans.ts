import { BitReader } from './bit-reader.ts'
import type { ByteReader } from './byte-reader.ts'

/** Reads blocks of sanjuuni's tabled ANS, as its format is described; the bit stream is checked to end in state 0. */
export function readAnsBlock(bytes: ByteReader, alphabet: number): AnsDecoder {
  const stateBits = bytes.u8()
  const nibbles = Array.from({ length: alphabet / 2 }, () => bytes.u8()).flatMap((byte) => [byte >> 4, byte & 15])
  if (stateBits === 0) {
    if (nibbles.some((nibble) => nibble !== 0)) throw new Error('A block of one symbol has frequencies')
    const symbol = bytes.u8()
    return { states: 0, isConstant: true, next: () => symbol, finish: () => undefined }
  }
  const states = 2 ** stateBits
  const frequencies = nibbles.map((nibble) => (nibble === 0 ? 0 : 2 ** (nibble - 1)))
  if (frequencies.reduce((sum, frequency) => sum + frequency, 0) !== states) throw new Error('Frequencies do not fill the table')

  const spread: number[] = []
  const step = (5 * states) / 8 + 3
  let place = 0
  for (const [symbol, frequency] of frequencies.entries()) {
    for (let count = 0; count < frequency; count++) {
      while (spread[place] !== undefined) place = (place + 1) % states
      spread[place] = symbol
      place = (place + step) % states
    }
  }
  const occurrences = [...frequencies]
  const table = Array.from({ length: states }, (_, state) => {
    const symbol = spread[state]!
    const value = occurrences[symbol]!++
    const bits = stateBits - Math.floor(Math.log2(value))
    return { symbol, bits, base: value * 2 ** bits - states }
  })

  const reader = new BitReader(bytes)
  let state = reader.read(stateBits)
  return {
    states,
    isConstant: false,
    next: () => {
      const { symbol, bits, base } = table[state]!
      state = base + reader.read(bits)
      return symbol
    },
    finish: () => {
      if (state !== 0) throw new Error(`The stream of symbols ends in state ${state}`)
      reader.finish()
    },
  }
}

export interface AnsDecoder {
  readonly states: number
  /** All symbols are the one; repeats are not to be expected. */
  readonly isConstant: boolean
  next(): number
  /** Throws where the stream has not been read to its end. */
  finish(): void
}

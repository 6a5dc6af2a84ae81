const QUOTE = 0x22
const BACKSLASH = 0x5c
const SPACE = 0x20
const DIGIT_0 = 0x30
const HEX_DIGITS = Buffer.from('0123456789abcdef')

/** Which bytes of a string are written as `\ddd`. In `binary` only those that a Lua string cannot hold as they are. */
export type Escapes = 'text' | 'binary'

/** Lua source that grows. */
export class LuaText {
  #bytes: Buffer
  #length = 0

  constructor(expectedBytes: number) {
    this.#bytes = Buffer.allocUnsafe(expectedBytes)
  }

  /** Adds ASCII. */
  add(source: string): this {
    this.#makeRoom(source.length)
    this.#length += this.#bytes.write(source, this.#length, 'latin1')
    return this
  }

  /** Adds a string between quotes. */
  addString(characters: Uint8Array, escapes: Escapes): this {
    this.#makeRoom(4 * characters.length + 2)
    const bytes = this.#bytes
    const isEscaped = ESCAPED[escapes]
    let at = this.#length
    bytes[at++] = QUOTE
    for (let index = 0; index < characters.length; index++) {
      const character = characters[index]!
      if (isEscaped[character] === 0) {
        bytes[at++] = character
        continue
      }
      bytes[at++] = BACKSLASH
      bytes[at++] = DIGIT_0 + Math.trunc(character / 100)
      bytes[at++] = DIGIT_0 + (Math.trunc(character / 10) % 10)
      bytes[at++] = DIGIT_0 + (character % 10)
    }
    bytes[at++] = QUOTE
    this.#length = at
    return this
  }

  /** Adds a string of one hexadecimal digit for each byte: its bits from `shift` on. */
  addDigits(bytes: Uint8Array, shift: 0 | 4): this {
    this.#makeRoom(bytes.length + 2)
    const target = this.#bytes
    let at = this.#length
    target[at++] = QUOTE
    for (let index = 0; index < bytes.length; index++) target[at++] = HEX_DIGITS[(bytes[index]! >> shift) & 15]!
    target[at++] = QUOTE
    this.#length = at
    return this
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #makeRoom(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(2 * (this.#length + bytes))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}

/** A string literal of `text` in UTF-8. */
export function luaString(text: string): string {
  return Buffer.from(new LuaText(text.length + 2).addString(Buffer.from(text), 'text').bytes).toString('latin1')
}

const ESCAPED: Record<Escapes, Uint8Array> = {
  text: escapesWhere((byte) => byte < SPACE || byte > 0x7e),
  binary: escapesWhere((byte) => byte < SPACE),
}

function escapesWhere(isSpecial: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (byte === QUOTE || byte === BACKSLASH || isSpecial(byte) ? 1 : 0))
}

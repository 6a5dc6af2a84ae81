import { encode } from 'uqr'
import { z } from 'zod'
import { HubError } from '../errors.ts'
import { grayPng } from './gray-png.ts'
import { CELL_HEIGHT, CELL_WIDTH, SOLID, type CellFrame } from './sanjuuni/cell-frame.ts'
import { createFileWriter, createFrameEncoder } from './sanjuuni/formats/index.ts'
import { COMPUTERCRAFT_PALETTE } from './sanjuuni/picture/computercraft-palette.ts'

const MAX_SCALE = 8
const PNG_SCALE = 8
/** What a reader needs around a code to find it. */
const QUIET_MODULES = 4

export const qrInput = z.strictObject({
  text: z.string().min(1, 'is empty').max(8192).describe('What the code says: a link, or any text of at most 2,953 bytes'),
  format: z.enum(['bimg', 'lua', 'nfp', 'png']).default('bimg').describe('A picture for ComputerCraft, or a PNG'),
  margin: z.int().min(0).max(16).default(QUIET_MODULES).describe('White modules around the code; below 4 some readers do not find it'),
  scale: z.int().min(1).max(MAX_SCALE).optional()
    .describe(`Pixels for each side of a module, of which a character has two by three; 1, or ${PNG_SCALE} in a PNG, unless given`),
  error_correction: z.enum(['L', 'M', 'Q', 'H']).default('L')
    .describe('How much of the code may be hidden: 7, 15, 25 or 30 %; more where it does not make the code larger'),
})

export type QrInput = z.infer<typeof qrInput>

export interface QrPicture {
  readonly bytes: Buffer<ArrayBuffer>
  readonly contentType: string
}

/** A QR code as a file of the format asked for. Throws a HubError where the text is too long for any code. */
export function qrPicture(input: QrInput, { date }: { readonly date: Date }): QrPicture {
  const { format, scale = format === 'png' ? PNG_SCALE : 1 } = input
  const bitmap = enlarge(modulesOf(input), { scale, margin: input.margin * scale })
  if (format === 'png') return { bytes: grayPng(bitmap.size, (x, y) => (bitmap.isBlack(x, y) ? 0 : 255)), contentType: 'image/png' }
  const frame = cellsOf(bitmap)
  const options = { format, compression: 'none', isBinary: false } as const
  const writer = createFileWriter({
    ...options, columns: frame.columns, rows: frame.rows, fps: 0, hasPicture: true, hasSound: false, isDfpwm: false, title: 'QR code', date,
  })
  const pieces = [...writer.begin(), ...writer.frame(createFrameEncoder(options)([frame])), ...writer.end().pieces]
  return { bytes: Buffer.concat(pieces), contentType: format === 'lua' ? 'text/x-lua; charset=utf-8' : 'text/plain; charset=utf-8' }
}

/** A square of black and white pixels; all that is outside of it is white. */
interface Bitmap {
  readonly size: number
  isBlack(x: number, y: number): boolean
}

function modulesOf({ text, error_correction: ecc }: QrInput): Bitmap {
  try {
    const { size, data } = encode(text, { ecc, boostEcc: true, border: 0 })
    return { size, isBlack: (x, y) => data[y]?.[x] === true }
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    const message = 'is too long for a QR code'
    throw new HubError('invalid_input', `text ${message}`, {
      hint: 'A code holds 2953 bytes at error_correction L, 2331 at M, 1663 at Q and 1273 at H', errors: [{ path: 'text', message }], cause,
    })
  }
}

/** `margin` in pixels of the enlarged one. */
function enlarge({ size, isBlack }: Bitmap, { scale, margin }: { readonly scale: number; readonly margin: number }): Bitmap {
  const module = (pixel: number) => Math.floor((pixel - margin) / scale)
  return { size: size * scale + margin * 2, isBlack: (x, y) => isBlack(module(x), module(y)) }
}

/** The indices that are white and black on every screen, so that a picture without a palette is right too. */
const WHITE = 0
const BLACK = 15
const BOTTOM_RIGHT = CELL_WIDTH * CELL_HEIGHT - 1

function cellsOf({ size, isBlack }: Bitmap): CellFrame {
  const [columns, rows] = [Math.ceil(size / CELL_WIDTH), Math.ceil(size / CELL_HEIGHT)]
  const characters = new Uint8Array(columns * rows)
  const colors = new Uint8Array(columns * rows)
  for (let cell = 0; cell < characters.length; cell++) {
    const [left, top] = [(cell % columns) * CELL_WIDTH, Math.floor(cell / columns) * CELL_HEIGHT]
    let black = 0
    for (let pixel = 0; pixel <= BOTTOM_RIGHT; pixel++) {
      if (isBlack(left + (pixel % CELL_WIDTH), top + Math.floor(pixel / CELL_WIDTH))) black |= 1 << pixel
    }
    // The background is what the bottom right pixel has.
    const isOnBlack = black >> BOTTOM_RIGHT === 1
    characters[cell] = SOLID | (isOnBlack ? ~black & 31 : black)
    colors[cell] = isOnBlack ? (BLACK << 4) | WHITE : (WHITE << 4) | BLACK
  }
  return { columns, rows, characters, colors, palette: COMPUTERCRAFT_PALETTE }
}

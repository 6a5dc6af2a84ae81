/** What a screen of characters shows, as the players see it when the program waits. */
export interface Picture {
  /** The monitor's name, or `term`. */
  readonly screen: string
  readonly columns: number
  readonly rows: number
  /** Of a monitor. */
  readonly textScale: number | undefined
  readonly characters: Buffer
  /** Background times 16 plus foreground, of each cell. */
  readonly colors: Buffer
  /** 16 colours, three bytes each. */
  readonly palette: Buffer
  /** Times that the program drew a piece of a row since the last one. */
  readonly blits: number
  /** Palette entries that it set. */
  readonly paints: number
}

export interface PictureCall {
  readonly screen: string
  readonly columns: number
  readonly rows: number
  readonly scale?: number
  readonly blits: number
  readonly paints: number
  readonly body: Buffer
}

/** Reads what the screen writes of itself: characters, foregrounds and backgrounds as digits, and its palette in hexadecimal. */
export function readPicture({ screen, columns, rows, scale, blits, paints, body }: PictureCall): Picture {
  const count = columns * rows
  const digits = (from: number) => [...body.toString('latin1', from, from + count)].map((digit) => parseInt(digit, 16))
  const [foregrounds, backgrounds] = [digits(count), digits(2 * count)]
  return {
    screen, columns, rows, textScale: scale, blits, paints,
    characters: body.subarray(0, count),
    colors: Buffer.from(foregrounds.map((foreground, index) => backgrounds[index]! * 16 + foreground)),
    palette: Buffer.from(body.toString('latin1', 3 * count), 'hex'),
  }
}

/** ComputerCraft's own colours. */
export const NATIVE_PALETTE = Buffer.from(
  'f0f0f0f2b233e57fd899b2f2dede6c7fcc19f2b2cc4c4c4c9999994c99b2b266e53366cc7f664c57a64ecc4c4c111111', 'hex',
)

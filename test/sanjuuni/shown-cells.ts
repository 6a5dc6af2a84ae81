import { SOLID, type CellFrame } from '../../src/tools/sanjuuni/cell-frame.ts'

/** What is to be seen on a screen: the foreground of a cell of one colour is not. */
export function shown({ columns, rows, characters, colors, palette }: CellFrame): object {
  const seen = Uint8Array.from(colors, (color, cell) => (characters[cell] === SOLID ? color & 0xf0 : color))
  return { columns, rows, characters: Uint8Array.from(characters), colors: seen, palette: Uint8Array.from(palette) }
}

/** Row by row, what each cell shows. */
export function cellsOf({ columns, rows, characters, colors }: CellFrame): readonly string[] {
  return Array.from({ length: rows }, (_, row) => Array.from({ length: columns }, (_, column) => {
    const cell = row * columns + column
    return `${characters[cell]}:${characters[cell] === SOLID ? colors[cell]! >> 4 : colors[cell]}`
  }).join(' '))
}

/** The screens of a wall as one, in the first one's colours. */
export function joined(screens: readonly CellFrame[], across: number): CellFrame {
  const lines: { characters: number[]; colors: number[] }[] = []
  for (let first = 0; first < screens.length; first += across) {
    const beside = screens.slice(first, first + across)
    for (let row = 0; row < beside[0]!.rows; row++) {
      const line = (part: 'characters' | 'colors') =>
        beside.flatMap((screen) => [...screen[part].subarray(row * screen.columns, (row + 1) * screen.columns)])
      lines.push({ characters: line('characters'), colors: line('colors') })
    }
  }
  return {
    columns: lines[0]!.characters.length, rows: lines.length, palette: screens[0]!.palette,
    characters: Uint8Array.from(lines.flatMap(({ characters }) => characters)),
    colors: Uint8Array.from(lines.flatMap(({ colors }) => colors)),
  }
}

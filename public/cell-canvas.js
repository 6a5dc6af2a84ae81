import { glyphOf } from './cell-font.js'
import { readCells } from './cell-frame.js'

/** Pixels of a character in the game: two by three blocks, of three by three pixels each. */
const [WIDTH, HEIGHT, BLOCK] = [6, 9, 3]
const TELETEXT = 0x80
/** A wall beyond that is drawn with one pixel a block, and without letters. */
const MOST_PIXELS = 4_000_000

/** Draws frames of cells on a canvas as the game shows them, a wall's monitors edge to edge. */
export function makeCellCanvas(canvas) {
  const context = canvas.getContext('2d', { alpha: false })
  let image
  let pixels

  return {
    draw(bytes) {
      const { across, down, monitors } = readCells(bytes)
      const widths = monitors.slice(0, across).map(({ columns }) => columns)
      const heights = Array.from({ length: down }, (_, row) => monitors[row * across].rows)
      const cells = sum(widths) * sum(heights)
      const scale = cells * WIDTH * HEIGHT > MOST_PIXELS ? 1 : BLOCK
      resize(sum(widths) * 2 * scale, sum(heights) * 3 * scale)
      monitors.forEach((monitor, index) => {
        const [column, row] = [index % across, Math.floor(index / across)]
        drawMonitor(monitor, { left: sum(widths.slice(0, column)), top: sum(heights.slice(0, row)), scale })
      })
      context.putImageData(image, 0, 0)
    },
  }

  function resize(width, height) {
    if (image?.width === width && image.height === height) return
    canvas.width = width
    canvas.height = height
    image = context.createImageData(width, height)
    pixels = new Uint32Array(image.data.buffer)
  }

  function drawMonitor({ columns, rows, characters, colors, palette }, { left, top, scale }) {
    const paints = Uint32Array.from({ length: 16 }, (_, index) => packed(palette, index * 3))
    const [width, height] = [2 * scale, 3 * scale]
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const cell = row * columns + column
        const character = characters[cell]
        const [ground, ink] = [paints[colors[cell] >> 4], paints[colors[cell] & 15]]
        const at = (top + row) * height * image.width + (left + column) * width
        if (character >= TELETEXT && character < TELETEXT + 32) drawBlocks(at, { bits: character - TELETEXT, ground, ink, scale })
        else drawLetter(at, { glyph: scale === BLOCK ? glyphOf(character) : undefined, ground, ink, width, height })
      }
    }
  }

  function drawBlocks(at, { bits, ground, ink, scale }) {
    for (let block = 0; block < 6; block++) {
      const paint = (bits >> block) & 1 ? ink : ground
      const from = at + (block >> 1) * scale * image.width + (block & 1) * scale
      for (let row = 0; row < scale; row++) pixels.fill(paint, from + row * image.width, from + row * image.width + scale)
    }
  }

  function drawLetter(at, { glyph, ground, ink, width, height }) {
    for (let row = 0; row < height; row++) {
      const from = at + row * image.width
      pixels.fill(ground, from, from + width)
      if (!glyph) continue
      for (let column = 0; column < 5; column++) if ((glyph[row] >> (4 - column)) & 1) pixels[from + column] = ink
    }
  }
}

/** As they lie in the memory of an image, on every machine that runs a browser today. */
function packed(palette, at) {
  return (0xff000000 | (palette[at + 2] << 16) | (palette[at + 1] << 8) | palette[at]) >>> 0
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0)
}

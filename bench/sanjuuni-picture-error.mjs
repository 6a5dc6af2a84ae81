const WEIGHTS = [1, 4, 6, 4, 1]
const BLUR = WEIGHTS.length
/** Of all pixels of a window together. */
const WINDOW = WEIGHTS.reduce((sum, weight) => sum + weight) ** 2
/** The light that an sRGB value stands for, of every weighted sum of a window's bytes. */
const LIGHT_OF_SUM = Float64Array.from({ length: 255 * WINDOW + 1 }, (_, sum) => toLight(sum / WINDOW / 255))

/** The pixels of a frame of cells, as a screen draws them. */
export function toPixels({ characters, colors, palette }, { columns, rows }) {
  const pixels = new Uint8Array(columns * 2 * rows * 3 * 3)
  for (let cell = 0; cell < columns * rows; cell++) {
    const left = (cell % columns) * 2
    const top = Math.floor(cell / columns) * 3
    for (let pixel = 0; pixel < 6; pixel++) {
      const isForeground = pixel < 5 && ((characters[cell] >> pixel) & 1) === 1
      const color = (isForeground ? colors[cell] & 15 : colors[cell] >> 4) * 3
      const at = ((top + (pixel >> 1)) * columns * 2 + left + (pixel & 1)) * 3
      for (let channel = 0; channel < 3; channel++) pixels[at + channel] = palette[color + channel]
    }
  }
  return pixels
}

/**
 * What a picture is measured against, made once for all that are. Blurred is about what the eye sees of dithered pixels:
 * 5×5 with binomial weights, only where all of them lie inside.
 */
export function toReference(pixels, width) {
  const sums = blur(pixels, width)
  return { width, pixels, sums, colors: toOklab(pixels, WINDOW), blurredColors: toOklab(sums, 1) }
}

/** Mean squared errors of the channels, in 255ths, and mean distances of the colors in OKLab. */
export function errorOf(pixels, reference) {
  const sums = blur(pixels, reference.width)
  return {
    plain: { squared: meanSquare(pixels, reference.pixels), oklab: meanDistance(toOklab(pixels, WINDOW), reference.colors) },
    blurred: { squared: meanSquare(sums, reference.sums) / WINDOW ** 2, oklab: meanDistance(toOklab(sums, 1), reference.blurredColors) },
  }
}

/** Of all frames together: the error's mean first, then its logarithm. */
export function meanError(errors) {
  const mean = (valueOf) => errors.reduce((sum, error) => sum + valueOf(error), 0) / errors.length
  return Object.fromEntries(['plain', 'blurred'].map((name) => [
    name, { psnr: 10 * Math.log10(255 ** 2 / mean((error) => error[name].squared)), oklab: mean((error) => error[name].oklab) },
  ]))
}

function blur(pixels, width) {
  const stride = width * 3
  const height = pixels.length / stride
  const across = new Uint16Array(pixels.length)
  for (let at = 0; at < pixels.length; at++) {
    if (at % stride >= stride - (BLUR - 1) * 3) continue
    for (let step = 0; step < BLUR; step++) across[at] += WEIGHTS[step] * pixels[at + step * 3]
  }
  const inner = stride - (BLUR - 1) * 3
  const sums = new Uint16Array(inner * (height - BLUR + 1))
  for (let row = 0; row <= height - BLUR; row++) {
    for (let column = 0; column < inner; column++) {
      let sum = 0
      for (let step = 0; step < BLUR; step++) sum += WEIGHTS[step] * across[(row + step) * stride + column]
      sums[row * inner + column] = sum
    }
  }
  return sums
}

function meanSquare(some, others) {
  let sum = 0
  for (let at = 0; at < some.length; at++) sum += (some[at] - others[at]) ** 2
  return sum / some.length
}

function meanDistance(some, others) {
  let sum = 0
  for (let at = 0; at < some.length; at += 3) {
    sum += Math.hypot(some[at] - others[at], some[at + 1] - others[at + 1], some[at + 2] - others[at + 2])
  }
  return (sum * 3) / some.length
}

/** https://bottosson.github.io/posts/oklab, from sRGB; `scale` makes plain values sums of a window. */
function toOklab(values, scale) {
  const colors = new Float32Array(values.length)
  for (let at = 0; at < values.length; at += 3) {
    const red = LIGHT_OF_SUM[values[at] * scale]
    const green = LIGHT_OF_SUM[values[at + 1] * scale]
    const blue = LIGHT_OF_SUM[values[at + 2] * scale]
    const long = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    const medium = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    const short = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    colors[at] = 0.2104542553 * long + 0.793617785 * medium - 0.0040720468 * short
    colors[at + 1] = 1.9779984951 * long - 2.428592205 * medium + 0.4505937099 * short
    colors[at + 2] = 0.0259040371 * long + 0.7827717662 * medium - 0.808675766 * short
  }
  return colors
}

function toLight(value) {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
}

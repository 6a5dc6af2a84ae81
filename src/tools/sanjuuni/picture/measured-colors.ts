import type { ColorSpace } from '../converter-options.ts'
import { oklabOf, rgbOfOklab } from './oklab.ts'

/**
 * Colours are measured as three 16-bit integers whose Euclidean distance is how far two colours are apart, with a fourth
 * that is 0: red, green and blue in sixteenths, or OKLab in 1/8192. Sums of six squared distances fit 32 bits.
 */
export const COLOR_WORDS = 4

export const RGB_SCALE = 16

type Triple = readonly [number, number, number]

export interface Measure {
  /** The measured colours of `rgb`, three bytes each. */
  toMeasured(rgb: Uint8Array): Int16Array
  /** Three bytes for each measured colour; what no screen can show becomes the nearest that it can. */
  toRgb(measured: ArrayLike<number>): Uint8Array
}

export function measureIn(colorSpace: ColorSpace): Measure {
  const { measure, show } = colorSpace === 'lab' ? { measure: oklabOf, show: rgbOfOklab } : { measure: scaledRgb, show: rgbOfScaled }
  return {
    toMeasured(rgb) {
      const measured = new Int16Array(rgb.length / 3 * COLOR_WORDS)
      for (let from = 0, to = 0; from < rgb.length; from += 3, to += COLOR_WORDS) {
        measured.set(measure(rgb[from]!, rgb[from + 1]!, rgb[from + 2]!), to)
      }
      return measured
    },
    toRgb(measured) {
      const rgb = new Uint8ClampedArray(measured.length / COLOR_WORDS * 3)
      for (let from = 0, to = 0; from < measured.length; from += COLOR_WORDS, to += 3) {
        rgb.set(show(measured[from]!, measured[from + 1]!, measured[from + 2]!), to)
      }
      return new Uint8Array(rgb.buffer)
    },
  }
}

function scaledRgb(red: number, green: number, blue: number): Triple {
  return [red * RGB_SCALE, green * RGB_SCALE, blue * RGB_SCALE]
}

function rgbOfScaled(red: number, green: number, blue: number): Triple {
  return [red / RGB_SCALE, green / RGB_SCALE, blue / RGB_SCALE]
}

import type { PictureSize } from './picture-size.ts'

/** A stream of numbers from 0 to before 1, always the same for a seed. */
export function numbersFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return (state >>> 8) / 2 ** 24
  }
}

/** Every value is as likely as any other. */
export function noise({ width, height }: PictureSize, seed: number): Uint8Array {
  const next = numbersFrom(seed)
  return Uint8Array.from({ length: width * height * 3 }, () => next() * 256)
}

/** A slope of colours from corner to corner, with a little noise on it. */
export function softNoise({ width, height }: PictureSize, seed: number): Uint8Array {
  const next = numbersFrom(seed)
  return Uint8Array.from({ length: width * height * 3 }, (_, at) => {
    const pixel = Math.trunc(at / 3)
    const x = pixel % width / width
    const y = Math.trunc(pixel / width) / height
    return [60 + 150 * x, 40 + 180 * y, 200 - 120 * x * y][at % 3]! + next() * 12
  })
}

/** One pixel for each name, in the order of the names. */
export function drawn(names: string, colors: Readonly<Record<string, readonly [number, number, number]>>): Uint8Array {
  return Uint8Array.from([...names.replace(/\s/g, '')].flatMap((name) => colors[name]!))
}

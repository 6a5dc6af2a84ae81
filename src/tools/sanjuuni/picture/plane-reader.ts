import { openKernels, type Kernels } from './kernels.ts'
import type { PictureSize } from './picture-size.ts'

/** Room for pictures as ffmpeg's `gbrp` has them, which it makes in half the time that it needs for pixels. */
export interface PlaneReader {
  /** All of the green, then blue and red: to be filled. */
  readonly planes: Uint8Array
  /** What they hold, three bytes a pixel. It stays there until it is asked for again. */
  pixels(): Uint8Array
}

export function createPlaneReader({ width, height }: PictureSize, kernels?: Kernels): PlaneReader {
  const bytes = width * height * 3
  const own = kernels ?? openKernels(bytes * 2)
  const planes = own.bytes(bytes)
  const rgb = own.bytes(bytes)
  return {
    planes,
    pixels() {
      own.interleave(planes, rgb)
      return rgb
    },
  }
}

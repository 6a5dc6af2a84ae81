/** The samples of a plane, row by row without gaps. */
export type Samples = Uint8Array | Uint16Array

/** How the raw pictures that ffmpeg hands over lie in memory: three planes, luma first. */
export interface Layout {
  /** Of luma, in pixels. */
  readonly width: number
  readonly height: number
  /** Pixels of luma across one of chroma. */
  readonly chromaX: 1 | 2
  readonly chromaY: 1 | 2
  readonly bits: 8 | 10
}

/** What ffmpeg calls it. */
export const PIXEL_FORMATS = [
  'yuv420p', 'yuv422p', 'yuv444p', 'yuvj420p', 'yuvj422p', 'yuvj444p', 'yuv420p10le', 'yuv422p10le',
] as const
export type PixelFormat = (typeof PIXEL_FORMATS)[number]

/** One picture: Y, Cb, Cr. */
export interface Picture {
  readonly planes: readonly [Samples, Samples, Samples]
}

export interface PlaneSize {
  readonly width: number
  readonly height: number
}

/** Both sides are to be even. */
export function layoutOf(format: PixelFormat, { width, height }: PlaneSize): Layout {
  const isHigh = format.endsWith('10le')
  return { width, height, chromaX: /^yuvj?444/.test(format) ? 1 : 2, chromaY: /^yuvj?420/.test(format) ? 2 : 1, bits: isHigh ? 10 : 8 }
}

/** Of the plane with that index. */
export function planeSize({ width, height, chromaX, chromaY }: Layout, plane: number): PlaneSize {
  return plane === 0 ? { width, height } : { width: width / chromaX, height: height / chromaY }
}

export function pictureBytes(layout: Layout): number {
  const chroma = planeSize(layout, 1)
  return (layout.width * layout.height + 2 * chroma.width * chroma.height) * (layout.bits > 8 ? 2 : 1)
}

/** The picture whose bytes these are; they are shared, not copied. */
export function pictureOf(bytes: Uint8Array, layout: Layout): Picture {
  let offset = bytes.byteOffset
  const plane = (index: number): Samples => {
    const { width, height } = planeSize(layout, index)
    const samples = layout.bits > 8 ? new Uint16Array(bytes.buffer, offset, width * height) : new Uint8Array(bytes.buffer, offset, width * height)
    offset += samples.byteLength
    return samples
  }
  return { planes: [plane(0), plane(1), plane(2)] }
}

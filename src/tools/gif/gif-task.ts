import type { Dithering } from './encoder/dithering.ts'

export const GIF_FORMATS = ['gif', 'webp', 'apng'] as const
export type GifFormat = (typeof GIF_FORMATS)[number]

export const FITS = ['contain', 'cover', 'stretch'] as const
export const CAPTION_POSITIONS = ['top', 'middle', 'bottom'] as const
export const GIF_QUALITIES = ['high', 'medium', 'low'] as const
export type GifQuality = (typeof GIF_QUALITIES)[number]

/** What the hub tells the program that makes GIFs, as JSON: what shall come out. The sources follow, an argument each. */
export interface GifTask {
  readonly format: GifFormat
  /** The file to make. */
  readonly output: string
  readonly frame: FrameLook
  /** How often it is played, 0 for ever. */
  readonly plays: number
  readonly isPingPong: boolean
  readonly colors: number
  readonly dither: Dithering | 'auto'
  readonly quality: GifQuality
  /** What the file may have at most. */
  readonly targetBytes?: number
  /** The descriptor to tell the progress on, in the form of ffmpeg's -progress. */
  readonly progressDescriptor: number
}

/** How a picture becomes a frame. */
export interface FrameLook {
  /** Pixels; what is missing follows from the first picture. */
  readonly width?: number
  readonly height?: number
  readonly fit: (typeof FITS)[number]
  /** Six hexadecimal digits. */
  readonly background: string
  readonly captionPosition: (typeof CAPTION_POSITIONS)[number]
  /** Six hexadecimal digits. */
  readonly captionColor: string
  /** Percent of the height. */
  readonly captionSize: number
}

export type GifSource = PictureSource | FilmSource

export interface PictureSource {
  readonly type: 'picture'
  readonly file: string
  /** What it is called when something is wrong with it. */
  readonly label: string
  readonly delayMs: number
  readonly isOpaque: boolean
  readonly caption: string
}

export interface FilmSource {
  readonly type: 'film'
  readonly file: string
  readonly label: string
  /** For `-map`. */
  readonly map: string
  readonly isOpaque: boolean
  readonly caption: string
  readonly startSeconds: number
  /** Of the source; all that is left of it where missing. */
  readonly durationSeconds?: number
  readonly framesPerSecond: number
  readonly speed: number
  readonly crop?: Crop
  /** Null where the source does not tell how long it is. */
  readonly expectedFrames: number | null
}

/** Pixels of the source. */
export interface Crop {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** How to start a program; its own arguments follow. */
export interface Invocation {
  readonly program: string
  readonly args: readonly string[]
}

/** All frames together; at three bytes a pixel they lie on the disk while the file is made. */
export const MOST_PIXELS = 400_000_000
export const MOST_SIDE = 4096
/** The longer side of what comes out where no size is asked for. */
export const USUAL_SIDE = 640

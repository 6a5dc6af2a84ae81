import type { ConverterOptions } from './converter-options.ts'

/** What the hub tells the program that converts, as JSON among its arguments. */
export interface Conversion {
  readonly options: ConverterOptions
  readonly framesPerSecond: number
  /** Null where the source does not tell how long it is. */
  readonly expectedFrames: number | null
  /** ffmpeg's arguments: frames of three bytes a pixel and of the options' size come out of its stdout. */
  readonly decode: readonly string[]
  /** A file of sound at 48 kHz, one channel, an unsigned byte a sample. */
  readonly sound?: string
  /** A file of subtitles. */
  readonly subtitles?: string
  /** The file to make. */
  readonly output: string
  readonly title: string
  /** The descriptor to tell the progress on, in the form of ffmpeg's -progress. */
  readonly progressDescriptor?: number
}

/** How to start a program; its own arguments follow. */
export interface Invocation {
  readonly program: string
  readonly args: readonly string[]
}

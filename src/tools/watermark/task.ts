import type { PixelFormat } from './fill/picture.ts'
import type { Region } from './region.ts'

export const METHODS = ['inpaint', 'delogo', 'blur', 'cover'] as const
export type Method = (typeof METHODS)[number]

/** What the hub tells the program, as JSON among its arguments. */
export type WatermarkTask = FindTask | RemoveTask | AddTask

interface TaskBase {
  /** The film. */
  readonly file: string
  readonly film: FilmFacts
  /** Where the frame with the regions drawn goes. */
  readonly preview: string
  /** The descriptor to tell the progress on. */
  readonly progressDescriptor?: number
}

export interface FilmFacts {
  readonly width: number
  readonly height: number
  readonly framesPerSecond: number
  readonly seconds: number | null
  /** In which it is worked on. */
  readonly pixelFormat: PixelFormat
}

export interface FindTask extends TaskBase {
  readonly mode: 'find'
  /** Known beforehand; else they are found. */
  readonly regions?: readonly Region[]
  /** A picture of what to look for, with its transparency. */
  readonly logo?: string
}

export interface RemoveTask extends Omit<FindTask, 'mode'> {
  readonly mode: 'remove'
  readonly method: Method
  /** The picture to cover with. */
  readonly cover?: string
  readonly encoding: Encoding
}

export interface AddTask extends TaskBase {
  readonly mode: 'add'
  /** ffmpeg's filters, from `[film]` and, for a picture, `[mark]`, to `[out]`. */
  readonly graph: string
  /** The picture that is put on. */
  readonly image?: string
  /** Put into the file that the graph names, as it is. */
  readonly text?: string
  readonly encoding: Encoding
}

/** ffmpeg's options for what is made of the picture and the sound, and the file. */
export interface Encoding {
  readonly picture: readonly string[]
  /** Maps and codecs of all but the picture, of the input with that number. */
  readonly rest: readonly string[]
  readonly output: string
}

/** The file that drawtext reads, in the working directory. */
export const TEXT_FILE = 'mark.txt'

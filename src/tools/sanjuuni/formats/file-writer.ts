import type { Compression, MonitorWall, VideoFormat } from '../converter-options.ts'
import { bimgWriter } from './bimg.ts'
import { luaWriter } from './lua.ts'
import { nfpWriter } from './nfp.ts'
import { rawWriter } from './raw.ts'
import { Vid32Writer } from './vid32/file.ts'

/**
 * Puts what a file is made of into its order. What each call returns is to be written, piece behind piece. Frames and
 * sound may come in any order against each other; what is ahead is held, so feed both at about the same time.
 */
export interface FileWriter {
  /** To be called first. */
  begin(): readonly Uint8Array[]
  /** What a FrameEncoder made of the next frame. */
  frame(encoded: Uint8Array): readonly Uint8Array[]
  /**
   * The next samples at 48 kHz, one channel: unsigned bytes, or DFPWM1a if that is chosen. Players decode each half second
   * by itself, so it is best encoded by itself: 24000 samples through encodeDfpwm.
   */
  sound(samples: Uint8Array): readonly Uint8Array[]
  endSound(): readonly Uint8Array[]
  /** To be called before the frame on which it is first seen. */
  subtitle(text: OverlayText): readonly Uint8Array[]
  /** The end of the file, and what is to be put in place of bytes that have been written. */
  end(): { readonly pieces: readonly Uint8Array[]; readonly patches: readonly Patch[] }
  /** Bytes that wait for something to come before them. */
  readonly heldBytes: number
}

export interface Patch {
  readonly offset: number
  readonly bytes: Uint8Array
}

/** A line of text over the picture. */
export interface OverlayText {
  readonly startSeconds: number
  readonly endSeconds: number
  /** The first character's cell, counted from 0. */
  readonly x: number
  readonly y: number
  /** The background's palette index times 16, plus the foreground's. */
  readonly color: number
  /** In ComputerCraft's character set, one character for each byte. */
  readonly text: string
}

export interface FileOptions {
  readonly format: VideoFormat
  /** Of 32vid. */
  readonly compression: Compression
  /** Of BIMG. */
  readonly isBinary: boolean
  /** Frames a second; 0 for a still. */
  readonly fps: number
  /** Cells of the whole picture, all monitors together. */
  readonly columns: number
  readonly rows: number
  readonly monitors?: MonitorWall
  readonly hasPicture: boolean
  readonly hasSound: boolean
  readonly isDfpwm: boolean
  readonly title: string
  readonly date: Date
}

export function createFileWriter(options: FileOptions): FileWriter {
  switch (options.format) {
    case 'lua': return luaWriter(options)
    case 'nfp': return nfpWriter()
    case 'raw': return rawWriter(options)
    case 'bimg': return bimgWriter(options)
    case '32vid': return new Vid32Writer(options)
  }
}

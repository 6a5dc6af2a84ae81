import type { CellFrame } from '../cell-frame.ts'
import type { ConverterOptions } from '../converter-options.ts'
import { createBimgFrameEncoder } from './bimg.ts'
import { encodeLuaFrame } from './lua.ts'
import { encodeNfp } from './nfp.ts'
import { encodeRaw } from './raw.ts'
import { createVid32FrameEncoder } from './vid32/frame-chunks.ts'

/** What all monitors show at one moment, row by row; one where there is no wall. */
export type Screens = readonly CellFrame[]

/** Makes of one frame the bytes that stand for it in a file. Nothing goes from one frame to the next. */
export type FrameEncoder = (screens: Screens) => Uint8Array

export type FrameEncoderOptions = Pick<ConverterOptions, 'format' | 'compression' | 'isBinary' | 'monitors'>

export function createFrameEncoder(options: FrameEncoderOptions): FrameEncoder {
  switch (options.format) {
    case 'lua': return encodeLuaFrame
    case 'nfp': return encodeNfp
    case 'raw': return encodeRaw
    case 'bimg': return createBimgFrameEncoder(options)
    case '32vid': return createVid32FrameEncoder(options)
  }
}

import type { Worker } from 'node:worker_threads'
import type { Conversion } from '../conversion.ts'
import { createPaletteMaker, createPlaneReader } from '../picture/index.ts'
import { cutIntoParts, screensOf, type Screens } from '../screens.ts'
import { ArtifactWriter } from './artifact-writer.ts'
import { ConverterThreads, type ConvertedFrame } from './converter-threads.ts'
import { DecodingError, type Decoder } from './decoder.ts'
import { FrameCutShortError, FrameReader } from './frame-reader.ts'
import { FrameSlots } from './frame-slots.ts'
import { LiveFrames } from './live-frames.ts'
import { loadSubtitles } from './load-subtitles.ts'
import { ProgressTeller } from './progress-teller.ts'

/** Pictures that wait, or whose result does, take at most so much. */
const MOST_SLOT_BYTES = 128 * 2 ** 20

/**
 * Makes a ComputerCraft video of what the decoder gives. Pictures are read into shared memory and given palettes in
 * order, made into cells and bytes in threads, and written in order again; whoever is slow slows all.
 */
export async function convert(conversion: Conversion, { decoder, workers }: { decoder: Decoder; workers: readonly Worker[] }): Promise<void> {
  const { options, framesPerSecond } = conversion
  const screens = screensOf(options)
  const count = Math.max(workers.length + 1, Math.min(2 * workers.length + 2, Math.floor(MOST_SLOT_BYTES / screens.bytes)))
  const slots = new FrameSlots({ count, slotBytes: screens.bytes })
  const subtitles = await loadSubtitles(conversion)
  const converter = new ConverterThreads(workers, { options, framesPerSecond, subtitles, slots })
  const artifact = await ArtifactWriter.open(conversion, subtitles)
  const progress = new ProgressTeller({ descriptor: conversion.progressDescriptor, framesPerSecond })
  const output = new OutputInOrder({ artifact, live: new LiveFrames(), progress, slots })
  const frames = await convertAll(decoder, { conversion, screens, slots, converter, output })
  await output.finish(frames)
  await converter.close()
}

interface Stages {
  readonly conversion: Conversion
  readonly screens: Screens
  readonly slots: FrameSlots
  readonly converter: ConverterThreads
  readonly output: OutputInOrder
}

async function convertAll(decoder: Decoder, { conversion: { options }, screens, slots, converter, output }: Stages): Promise<number> {
  const reader = pictureReader(decoder, { width: options.width, height: options.height, screens })
  const makers = screens.parts.map((part) => createPaletteMaker(options.picture, part))
  for (let number = 0; ; number++) {
    const slot = await slots.take()
    const bytes = slots.bytes(slot)
    if (!(await reader(bytes).catch((error: unknown) => explain(error, decoder, number)))) {
      await decoder.ended()
      if (number === 0) throw new DecodingError(decoder.lastError ?? 'ffmpeg found no picture in the input')
      return number
    }
    const palettes = makers.map((maker, index) => {
      const { offset, bytes: size } = screens.parts[index]!
      return maker.next(bytes.subarray(offset, offset + size)).slice()
    })
    output.add({ slot, palettes, converted: converter.convert(slot, { number, palettes }) })
  }
}

/** Reads the next picture into a slot; false at the end. */
function pictureReader({ frames }: Decoder, { width, height, screens }: { width: number; height: number; screens: Screens }) {
  const reader = new FrameReader(frames)
  const picture = createPlaneReader({ width, height })
  return async (slot: Uint8Array) => {
    const isThere = await reader.read(picture.planes)
    if (isThere) cutIntoParts(picture.pixels(), width, { screens, slot })
    return isThere
  }
}

async function explain(error: unknown, decoder: Decoder, number: number): Promise<never> {
  if (!(error instanceof FrameCutShortError)) throw error
  await decoder.ended()
  const said = decoder.lastError === undefined ? '' : `: ${decoder.lastError}`
  throw new DecodingError(`ffmpeg stopped in the middle of frame ${number + 1}${said}`)
}

interface Outputs {
  readonly artifact: ArtifactWriter
  readonly live: LiveFrames
  readonly progress: ProgressTeller
  readonly slots: FrameSlots
}

interface FrameUnderway {
  readonly slot: number
  readonly palettes: readonly Uint8Array[]
  readonly converted: Promise<ConvertedFrame>
}

/** Writes frames in the order in which they were added, whichever is ready first. */
class OutputInOrder {
  readonly #outputs: Outputs
  #frames = 0
  #written: Promise<unknown> = Promise.resolve()

  constructor(outputs: Outputs) {
    this.#outputs = outputs
  }

  add({ slot, palettes, converted }: FrameUnderway): void {
    const { slots } = this.#outputs
    this.#written = Promise.all([converted, this.#written]).then(async ([frame]) => {
      await this.#write(frame, palettes)
      slots.release(slot)
    })
    this.#written.catch((error: unknown) => slots.fail(error))
  }

  async finish(frames: number): Promise<void> {
    await this.#written
    await this.#outputs.live.flush()
    const bytes = await this.#outputs.artifact.finish()
    await this.#outputs.progress.end(frames, bytes)
  }

  async #write({ live: shown, encoded }: ConvertedFrame, palettes: readonly Uint8Array[]): Promise<void> {
    const { artifact, live, progress } = this.#outputs
    await Promise.all([live.write(shown), artifact.write(encoded, palettes[0]!)])
    await progress.made(++this.#frames, artifact.bytes)
  }
}

import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { MOST_PIXELS } from '../gif-task.ts'
import type { FrameSource } from '../encoder/frame-source.ts'

/** Frames in a file of the current directory, three bytes a pixel, one behind the other. */
export class FrameSpool implements FrameSource {
  readonly width: number
  readonly height: number
  readonly file: string
  readonly #delays: number[] = []
  readonly #descriptor: number
  readonly #last: Uint8Array

  /** Throws where the file is there already. */
  constructor(file: string, { width, height }: { readonly width: number; readonly height: number }) {
    this.file = file
    this.width = width
    this.height = height
    this.#descriptor = openSync(file, 'wx+')
    this.#last = new Uint8Array(width * height * 3)
  }

  get delays(): readonly number[] {
    return this.#delays
  }

  /** One that is the same as the last makes that one last longer. Throws where there are more pixels than a file may have. */
  add(frame: Uint8Array, delayMs: number): void {
    const count = this.#delays.length
    if (count > 0 && Buffer.compare(frame, this.#last) === 0) {
      this.#delays[count - 1]! += delayMs
      return
    }
    if ((count + 1) * this.width * this.height > MOST_PIXELS) {
      throw new Error(`More than ${count} frames of ${this.width}x${this.height} are too many: ask for a smaller picture, fewer frames per second or a shorter part`)
    }
    for (let written = 0; written < frame.length; ) written += writeSync(this.#descriptor, frame, written, frame.length - written, count * frame.length + written)
    this.#last.set(frame)
    this.#delays.push(delayMs)
  }

  read(index: number, frame: Uint8Array): void {
    for (let filled = 0; filled < frame.length; ) {
      const read = readSync(this.#descriptor, frame, filled, frame.length - filled, index * frame.length + filled)
      if (read === 0) throw new Error(`Frame ${index + 1} cannot be read back`)
      filled += read
    }
  }

  /** Adds all frames again from the last but one to the second. */
  mirror(): void {
    const frame = new Uint8Array(this.#last.length)
    for (let index = this.#delays.length - 2; index > 0; index--) {
      this.read(index, frame)
      this.add(frame, this.#delays[index]!)
    }
  }

  /** Closes and removes the file. */
  remove(): void {
    closeSync(this.#descriptor)
    unlinkSync(this.file)
  }
}

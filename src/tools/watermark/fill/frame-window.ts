import type { Layout, Picture } from './picture.ts'
import type { Seen } from './motion.ts'

/** A frame, and what of it is not the film's own. */
export interface Frame {
  readonly number: number
  readonly picture: Picture
  readonly covered: Uint8Array
}

/** The frames around the one that is worked on. */
export class FrameWindow {
  readonly layout: Layout
  readonly #frames = new Map<number, Frame>()

  constructor(layout: Layout) {
    this.layout = layout
  }

  add(frame: Frame): void {
    this.#frames.set(frame.number, frame)
  }

  get(number: number): Frame | undefined {
    return this.#frames.get(number)
  }

  forgetBefore(number: number): void {
    for (const each of this.#frames.keys()) {
      if (each >= number) break
      this.#frames.delete(each)
    }
  }

  seen({ picture, covered }: Frame): Seen {
    const { width, height, bits } = this.layout
    return { luma: picture.planes[0], width, height, scale: bits > 8 ? 4 : 1, covered }
  }
}

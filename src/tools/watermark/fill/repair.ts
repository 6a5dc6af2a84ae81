import { estimateBelow, surroundings, type Estimate } from './estimate.ts'
import { FrameWindow, type Frame } from './frame-window.ts'
import type { Box } from './motion.ts'
import { MotionPath } from './motion-path.ts'
import type { OverlayLearner } from './overlay-learner.ts'
import type { OverlayModel } from './overlay-model.ts'
import { planeSize, type Layout, type Picture } from './picture.ts'
import { takeOff } from './take-off.ts'

/** A region as it stands in one frame, in whole pixels of luma; undefined while it is not there. */
export type RegionAt = (frame: number) => Box | undefined

export interface RepairedRegion {
  readonly at: RegionAt
  /** What the overlay does to the film, where it stays and that is known. */
  readonly model?: OverlayModel | undefined
}

export interface RepairOptions {
  readonly layout: Layout
  readonly regions: readonly RepairedRegion[]
  /** Frames before and behind that are looked at. */
  readonly reach: number
}

/** Pixels around a region that an encoder has mixed with it. */
const HALO = 2

/** Repairs pictures one after the other, each as soon as those are there that it is repaired from. */
export class Repair {
  readonly #options: RepairOptions
  readonly #window: FrameWindow
  readonly #paths: readonly MotionPath[]
  #last: Frame | undefined
  #next = 0

  constructor(options: RepairOptions) {
    this.#options = options
    this.#window = new FrameWindow(options.layout)
    this.#paths = options.regions.map(() => new MotionPath(this.#window))
  }

  /** Takes the film's next picture, whose bytes are its own from here on. */
  add(number: number, picture: Picture): void {
    const frame: Frame = { number, picture, covered: this.#coveredAt(number) }
    this.#window.add(frame)
    const last = this.#last
    if (last) {
      for (const [index, { at }] of this.#options.regions.entries()) {
        const box = at(last.number) ?? at(number)
        if (box) this.#paths[index]!.link(last, frame, surroundings(box, this.#options.layout))
      }
    }
    this.#last = frame
  }

  /** The number of the picture that can be repaired, if there is one. `isWhole`: no more will come. */
  ready({ isWhole }: { readonly isWhole: boolean }): number | undefined {
    if (!this.#last) return undefined
    return this.#next <= this.#last.number - (isWhole ? 0 : this.#options.reach) ? this.#next : undefined
  }

  /** The next picture, repaired: a new one. */
  take(): Picture {
    const frame = this.#window.get(this.#next)!
    const { layout } = this.#options
    const planes = frame.picture.planes.map((samples) => samples.slice()) as unknown as Picture['planes']
    for (const { estimates, model } of this.#estimate(frame)) {
      for (const estimate of estimates) {
        const { width } = planeSize(layout, estimate.plane)
        put(model ? takeOff(estimate, { model, picture: frame.picture, width, scale: layout.bits > 8 ? 4 : 1 }) : estimate, { planes }, layout)
      }
    }
    this.#forget()
    return { planes }
  }

  /** Tells a learner what the next picture shows and what is likely to be below. */
  teach(learners: readonly OverlayLearner[]): void {
    const frame = this.#window.get(this.#next)!
    for (const { index, box, estimates } of this.#estimate(frame)) {
      learners[index]!.add(frame.picture, estimates, { covered: frame.covered, around: surroundings(box, this.#options.layout) })
    }
    this.#forget()
  }

  #estimate(frame: Frame): readonly { readonly index: number; readonly box: Box; readonly estimates: readonly Estimate[]; readonly model: OverlayModel | undefined }[] {
    return this.#options.regions.flatMap(({ at, model }, index) => {
      const box = at(frame.number)
      if (!box) return []
      const { layout, reach } = this.#options
      const options = { window: this.#window, motion: this.#paths[index]!, box: grown(box, layout), wanted: frame.covered, reach }
      return [{ index, box, model, estimates: estimateBelow(frame, options) }]
    })
  }

  #forget(): void {
    this.#next++
    this.#window.forgetBefore(this.#next - this.#options.reach)
    for (const path of this.#paths) path.forgetBefore(this.#next - this.#options.reach - 1)
  }

  #coveredAt(number: number): Uint8Array {
    const { layout, regions } = this.#options
    const boxes = regions.map(({ at }) => at(number))
    const key = boxes.map((box) => (box ? `${box.x},${box.y},${box.width},${box.height}` : '')).join(' ')
    if (this.#covered?.key === key) return this.#covered.pixels
    const pixels = new Uint8Array(layout.width * layout.height)
    for (const [index, box] of boxes.entries()) if (box) cover(pixels, box, { layout, shows: regions[index]!.model?.shows })
    this.#covered = { key, pixels }
    return pixels
  }

  #covered: { readonly key: string; readonly pixels: Uint8Array } | undefined
}

/** With the halo around it. */
export function grown({ x, y, width, height }: Box, layout: Pick<Layout, 'width' | 'height'>): Box {
  const [left, top] = [Math.max(0, x - HALO), Math.max(0, y - HALO)]
  return { x: left, y: top, width: Math.min(layout.width, x + width + HALO) - left, height: Math.min(layout.height, y + height + HALO) - top }
}

function cover(pixels: Uint8Array, box: Box, { layout, shows }: { readonly layout: Layout; readonly shows: Uint8Array | undefined }): void {
  const { x, y, width, height } = grown(box, layout)
  for (let row = y; row < y + height; row++) {
    for (let column = x; column < x + width; column++) {
      pixels[row * layout.width + column] = shows ? showsNear(shows, layout, column, row) : 1
    }
  }
}

function showsNear(shows: Uint8Array, { width, height }: Layout, x: number, y: number): 0 | 1 {
  for (let row = Math.max(0, y - HALO); row <= Math.min(height - 1, y + HALO); row++) {
    for (let column = Math.max(0, x - HALO); column <= Math.min(width - 1, x + HALO); column++) if (shows[row * width + column]) return 1
  }
  return 0
}

function put({ plane, places, values }: Estimate, { planes }: Picture, { bits }: Layout): void {
  const samples = planes[plane]
  const [scale, most] = bits > 8 ? [4, 1023] : [1, 255]
  for (let index = 0; index < places.length; index++) samples[places[index]!] = Math.min(most, Math.max(0, Math.round(values[index]! * scale)))
}

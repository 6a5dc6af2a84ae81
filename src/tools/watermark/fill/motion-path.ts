import { IDENTITY, inverse, then, type Affine } from './affine.ts'
import { findPoints, followPoints, searchShift, type Box, type Motion, type Points } from './motion.ts'
import type { Frame, FrameWindow } from './frame-window.ts'

const ITERATIONS = 12
const REFINEMENTS = 4
/** Beyond this the next frame shows something else. */
const LARGEST_ERROR = 24
const SEARCH_ABOVE = 4

/** How what surrounds a region moves from frame to frame. */
export class MotionPath {
  readonly #window: FrameWindow
  /** From the frame of that number to the next one; undefined where the film is cut. */
  readonly #links = new Map<number, Motion | undefined>()
  readonly #points = new Map<number, Points>()
  /** From the frame that was worked on last to others. */
  #found = new Map<number, Affine>()
  #foundFrom = -1

  constructor(window: FrameWindow) {
    this.#window = window
  }

  /** Takes in how `frame` moves to the one behind it. `around` is where to look. */
  link(frame: Frame, next: Frame, around: Box): void {
    const points = this.#pointsOf(frame, around)
    const target = this.#window.seen(next)
    const before = this.#links.get(frame.number - 1)?.affine ?? IDENTITY
    let motion = followPoints(points, target, { begin: before, iterations: ITERATIONS })
    if (motion === undefined || motion.error > SEARCH_ABOVE) {
      const searched = followPoints(points, target, { begin: searchShift(points, target), iterations: ITERATIONS })
      if (searched && (motion === undefined || searched.error < motion.error)) motion = searched
    }
    const isPlain = points.count < 24
    this.#links.set(frame.number, isPlain ? { affine: IDENTITY, error: 1 } : motion && motion.error <= LARGEST_ERROR ? motion : undefined)
  }

  /** Where a point of a frame is likely to lie in another one; undefined beyond a cut. */
  guess(from: number, to: number): Affine | undefined {
    if (from !== this.#foundFrom) this.#moveTo(from)
    const known = this.#found.get(to)
    if (known) return known
    const step = Math.sign(to - from)
    let affine: Affine | undefined = IDENTITY
    for (let number = from; number !== to && affine; number += step) {
      const link: Affine | undefined = step > 0 ? this.#links.get(number)?.affine : this.#back(number - 1)
      affine = link && then(affine, link)
    }
    return affine
  }

  /** The guess, bettered by what is to be seen in both. */
  refine(from: Frame, to: Frame, around: Box): Motion | undefined {
    const begin = this.guess(from.number, to.number)
    const motion = begin && followPoints(this.#pointsOf(from, around), this.#window.seen(to), { begin, iterations: REFINEMENTS })
    if (motion) this.#found.set(to.number, motion.affine)
    return motion
  }

  points(frame: Frame, around: Box): Points {
    return this.#pointsOf(frame, around)
  }

  forgetBefore(number: number): void {
    for (const map of [this.#links, this.#points]) {
      for (const each of map.keys()) {
        if (each >= number) break
        map.delete(each)
      }
    }
  }

  #moveTo(number: number): void {
    const back = number === this.#foundFrom + 1 ? this.#back(this.#foundFrom) : undefined
    this.#found = new Map(back ? [...this.#found].map(([to, affine]) => [to, then(back, affine)]) : [])
    this.#foundFrom = number
  }

  #back(number: number): Affine | undefined {
    const link = this.#links.get(number)
    return link && inverse(link.affine)
  }

  #pointsOf(frame: Frame, around: Box): Points {
    const known = this.#points.get(frame.number)
    if (known) return known
    const points = findPoints(this.#window.seen(frame), around)
    this.#points.set(frame.number, points)
    return points
  }
}

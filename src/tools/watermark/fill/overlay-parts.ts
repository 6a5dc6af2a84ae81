import type { Box } from './motion.ts'
import { filmTruth, lineThrough, sumOf, type FilmTruth, type Line, type Moments, type MomentsSum } from './overlay-moments.ts'
import type { Shares } from './smooth-shares.ts'

/** Pixels beside each other that an overlay treats alike, or that it leaves alone. */
export interface Part {
  readonly places: readonly number[]
  /** 1 and 0 where it is the film itself. */
  readonly share: number
  readonly added: number
  readonly isFilm: boolean
}

export interface OverlayParts {
  readonly parts: readonly Part[]
  /** Undefined where none of it is the film itself. */
  readonly film: FilmTruth | undefined
}

/** Of a part, in pixels. */
const SMALLEST_PART = 12
const MOST_PARTS = 64
/** Steps of 8 bits between pixels beside each other that are of one part. */
const SAME = 1.5
/** Shares that may well be one, beside each other and of parts anywhere. */
const SAME_SHARE = 0.06
const SAME_OPACITY = 0.12
/** By how much the film's own pixels may differ, on average, from what was thought to be below. */
const FILM_LIFT = 4
/** What parts may fit worse when they are taken to be one, as the square of steps of 8 bits. */
const MERGED_ERROR = 5

export interface PartsOptions {
  readonly box: Box
  /** Of the plane. */
  readonly width: number
  /** What each pixel by itself lets through, as far as that is known. */
  readonly shares: Shares
  /** Of how many frames the moments are as good as if those had nothing to do with each other. */
  readonly frames: number
}

/**
 * Parts an overlay by what was shown on average, and learns about each from all its pixels: where little moves behind it,
 * the places tell what the times do not. Parts that may well be of one paint are taken to be.
 */
export function overlayParts(moments: Moments, options: PartsOptions): OverlayParts {
  const pieces = flatPieces(moments, options).filter((places) => places.length >= SMALLEST_PART).sort((one, other) => other.length - one.length).slice(0, MOST_PARTS)
  const outside = new Set(pieces.filter((places) => isFilm(places, moments, options)))
  if (outside.size === 0) return { parts: [], film: undefined }
  const truth = filmTruth(sumOf(moments, [...outside].flat()))
  const film = [...outside].map((places) => places.filter((at) => showsFilm(at, moments, options.shares))).filter((places) => places.length >= SMALLEST_PART)
  const flat = pieces.filter((places) => !outside.has(places)).map((places) => ({ places, sum: sumOf(moments, places) })).filter((piece) => isOfOnePaint(piece, moments, truth))
  return { parts: [...film.map((places) => ({ places, share: 1, added: 0, isFilm: true })), ...merge(flat, truth)], film: truth }
}

function flatPieces({ weight, shown, shownSquare }: Moments, { box, width, frames, shares }: PartsOptions): readonly number[][] {
  const [mean, doubt] = [new Float32Array(weight.length), new Float32Array(weight.length)]
  const isIn = new Uint8Array(weight.length)
  for (let y = box.y; y < box.y + box.height; y++) {
    for (let at = y * width + box.x; at < y * width + box.x + box.width; at++) {
      if (weight[at] === 0) continue
      isIn[at] = 1
      mean[at] = shown[at]! / weight[at]!
      doubt[at] = Math.sqrt(Math.max(0, shownSquare[at]! / weight[at]! - mean[at]! ** 2) / frames)
    }
  }
  const pieces: number[][] = []
  for (let y = box.y; y < box.y + box.height; y++) {
    for (let start = y * width + box.x; start < y * width + box.x + box.width; start++) {
      if (isIn[start] !== 1) continue
      const piece = [start]
      isIn[start] = 2
      for (let next = 0; next < piece.length; next++) {
        const at = piece[next]!
        for (const other of [at - 1, at + 1, at - width, at + width]) {
          if (isIn[other] !== 1 || Math.abs(mean[other]! - mean[at]!) > SAME + Math.min(doubt[at]!, doubt[other]!) || !isLetThroughAlike(shares, at, other)) continue
          isIn[other] = 2
          piece.push(other)
        }
      }
      pieces.push(piece)
    }
  }
  return pieces
}

function isLetThroughAlike({ share, information }: Shares, one: number, other: number): boolean {
  return Math.abs(share[one]! - share[other]!) < SAME_SHARE + Math.sqrt(1 / (information[one]! + 1e-6) + 1 / (information[other]! + 1e-6))
}

/** It comes from outside, where nothing is covered, and is there what is to be expected. */
function isFilm(places: readonly number[], { weight, below, shown }: Moments, { box, width }: PartsOptions): boolean {
  let [count, sum] = [0, 0]
  for (const at of places) {
    const [x, y] = [at % width, Math.floor(at / width)]
    if (x > box.x && y > box.y && x < box.x + box.width - 1 && y < box.y + box.height - 1) continue
    sum += (shown[at]! - below[at]!) / weight[at]!
    count++
  }
  return count > 0 && Math.abs(sum / count) < FILM_LIFT
}

const LEAST_FIT = 0.7

/**
 * A mark that fades out has no edge where it ends, if the film before it moves much. There estimates are mostly good, and
 * tell; where they explain little of what was shown they tell nothing against it being the film.
 */
function showsFilm(at: number, { weight, below, shown, belowSquare, product, shownSquare, error }: Moments, { share, information }: Shares): boolean {
  const [mx, my, w] = [below[at]! / weight[at]!, shown[at]! / weight[at]!, weight[at]!]
  const covariance = Math.max(0, product[at]! / w - mx * my)
  if (covariance ** 2 < LEAST_FIT * (belowSquare[at]! / w - mx * mx) * (shownSquare[at]! / w - my * my)) return true
  const isAsLight = (my - mx) ** 2 < FILM_LIFT ** 2 + (4 * error[at]!) / w
  return isAsLight && share[at]! > 0.9 - 2 / Math.sqrt(information[at]! + 1e-6)
}

/** Paint that changes little from pixel to pixel may yet change a lot from one end to the other: then each pixel is for itself. */
function isOfOnePaint({ places, sum }: Piece, { weight, below, shown }: Moments, film: FilmTruth): boolean {
  const line = lineThrough(sum, film)
  let [misfit, total] = [0, 0]
  for (const at of places) {
    misfit += (shown[at]! - line.share * below[at]! - line.added * weight[at]!) ** 2 / weight[at]!
    total += weight[at]!
  }
  return misfit / total < MERGED_ERROR + line.share ** 2 * sum.doubtIn(film)
}

interface Piece {
  readonly places: readonly number[]
  readonly sum: MomentsSum
}

interface Joint {
  readonly members: readonly MomentsSum[]
  readonly sum: MomentsSum
  readonly line: Line
}

interface Merged extends Joint {
  readonly places: readonly number[]
}

/** Puts together what fits together best, as long as it fits. */
function merge(pieces: readonly Piece[], film: FilmTruth): readonly Part[] {
  const parts: Merged[] = pieces.map(({ places, sum }) => ({ places, members: [sum], sum, line: lineThrough(sum, film) }))
  const errors = new Map(parts.map(({ sum, line }) => [sum, sum.errorOf(line)]))
  for (;;) {
    let best: { readonly into: number; readonly from: number; readonly cost: number; readonly joint: Joint } | undefined
    for (let into = 0; into < parts.length; into++) {
      for (let from = into + 1; from < parts.length; from++) {
        const joint = together(parts[into]!, parts[from]!, film)
        const cost = Math.max(...joint.members.map((each) => (each.errorOf(joint.line) - errors.get(each)!) / (MERGED_ERROR + joint.line.share ** 2 * each.doubtIn(film))))
        if (cost < (best?.cost ?? 1)) best = { into, from, cost, joint }
      }
    }
    if (!best) break
    const [{ places }] = parts.splice(best.from, 1) as [Merged]
    parts[best.into] = { ...best.joint, places: [...parts[best.into]!.places, ...places] }
  }
  return parts.map((part) => ({ places: part.places, ...part.sum.lineOf(likelyShare(part, parts)), isFilm: false }))
}

function together(one: Joint, other: Joint, film: FilmTruth): Joint {
  const sum = one.sum.plus(other.sum)
  return { members: [...one.members, ...other.members], sum, line: lineThrough(sum, film) }
}

interface Known {
  readonly places: readonly number[]
  readonly line: Line
}

/** A mark is of one opacity, mostly: a part about which little is known has that of parts that may well be alike. */
function likelyShare({ line: { share, fit } }: Known, parts: readonly Known[]): number {
  const alike = parts.filter(({ line }) => Math.abs(line.share - share) < SAME_OPACITY)
  const weight = (each: Known) => (each.line.fit + 0.001) * each.places.length
  const usual = alike.reduce((sum, each) => sum + weight(each) * each.line.share, 0) / alike.reduce((sum, each) => sum + weight(each), 0)
  return fit * share + (1 - fit) * usual
}

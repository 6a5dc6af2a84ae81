import { pick, seededRandom, shuffled } from '../seeded-random.ts'

export type Order = 'sequential' | 'random'
export type Transition = 'none' | 'fade' | 'fade_in' | 'fade_out' | 'slide' | 'shuffle'

/** A source of moving or still picture. */
export interface Clip {
  /** Its place among the staged files. */
  readonly input: number
  readonly kind: 'film' | 'still'
  /** Where the part of it begins that may be shown. */
  readonly startSeconds: number
  /** How much may be shown from there; undefined for a still, and where nothing tells. */
  readonly seconds: number | undefined
  readonly framesPerSecond: number | undefined
  /** Of its picture. */
  readonly pixels: number
  readonly hasSound: boolean
}

/** What is shown of a clip at one time. */
export interface Segment {
  readonly clip: Clip
  /** In the clip's own time. */
  readonly startSeconds: number
  readonly frames: number
  /** So short that it is shown over and over. */
  readonly isLooped: boolean
  /** Frames that it shares with the segment before, in a transition of that name as `xfade` knows it. */
  readonly overlap: number
  readonly effect: string
  /** Frames that come out of black, and that go into it. */
  readonly fadeIn: number
  readonly fadeOut: number
  /** How a still moves; absent where it does not. */
  readonly motion?: Motion
}

/** A slow zoom. `from` of `of` frames have been shown before. */
export interface Motion {
  readonly direction: 'in' | 'out'
  /** What stays where it is, from 0 to 1 of the width and height. */
  readonly focus: { readonly x: number; readonly y: number }
  readonly from: number
  readonly of: number
}

export interface TimelineOptions {
  readonly framesPerSecond: number
  /** How long the film is; each clip is shown once where it is left out. */
  readonly frames: number | undefined
  readonly order: Order
  /** The most that is shown of a clip at one time; all of it where it is left out, and five seconds of a still. */
  readonly clipFrames: number | undefined
  readonly transition: Transition
  readonly transitionFrames: number
  readonly movesStills: boolean
  readonly seed: number
}

const STILL_SECONDS = 5
const SLIDES = ['slideleft', 'slideright', 'slideup', 'slidedown'] as const

/** Which part of which clip is shown when. Clips are taken again from where they were left until the film is full. */
export function makeTimeline(clips: readonly Clip[], options: TimelineOptions): readonly Segment[] {
  const random = seededRandom(options.seed)
  const row = options.frames === undefined
    ? placed(onePieceEach(clips, options, random), options)
    : fill(endlessPieces(clips, options, random), options.frames, options)
  return row.map((piece) => dressed(piece, options, random))
}

/** How many frames the segments are together. */
export function framesOf(segments: readonly Pick<Segment, 'frames' | 'overlap'>[]): number {
  return segments.reduce((sum, { frames, overlap }) => sum + frames - overlap, 0)
}

/** In groups that fit, for an engine that opens all clips of a group at once. They meet within a clip, and in no transition. */
export function splitTimeline(
  segments: readonly Segment[], { fits, framesPerSecond }: { readonly fits: (group: readonly Segment[]) => boolean; readonly framesPerSecond: number },
): readonly (readonly Segment[])[] {
  const groups: Segment[][] = []
  let group: Segment[] = []
  segments.forEach((segment, index) => {
    const next = segments[index + 1]
    if (next === undefined || fits([...group, segment, next])) {
      group.push(segment)
      return
    }
    const alone = segment.frames - segment.overlap - next.overlap
    const [head, tail] = cut(segment, segment.overlap + Math.ceil(alone / 2), framesPerSecond)
    groups.push([...group, head])
    group = [tail]
  })
  return [...groups, group]
}

function cut(segment: Segment, at: number, framesPerSecond: number): readonly [Segment, Segment] {
  const { motion, frames, startSeconds, isLooped, clip } = segment
  const later = startSeconds + at / framesPerSecond
  const tail = {
    ...segment, frames: frames - at, overlap: 0, fadeIn: 0,
    startSeconds: isLooped && clip.seconds !== undefined ? clip.startSeconds + ((later - clip.startSeconds) % clip.seconds) : later,
    ...(motion && { motion: { ...motion, from: motion.from + at } }),
  }
  return [{ ...segment, frames: at, fadeOut: 0 }, tail]
}

interface Piece {
  readonly clip: Clip
  readonly startFrame: number
  readonly frames: number
  readonly isLooped: boolean
}

function onePieceEach(clips: readonly Clip[], options: TimelineOptions, random: () => number): readonly Piece[] {
  return (options.order === 'random' ? shuffled(clips, random) : clips).map((clip) => cutUp(clip, options)[0]!)
}

function* endlessPieces(clips: readonly Clip[], options: TimelineOptions, random: () => number): Generator<Piece, never> {
  const cut = clips.map((clip) => cutUp(clip, { ...options, isFilled: true }))
  let last: Piece | undefined
  for (let round = 0; ; round++) {
    const next = options.order === 'sequential' ? cut.map((pieces) => pieces[round % pieces.length]!) : [...shuffled(cut.flat(), random)]
    // The part that was just shown comes later.
    if (next[0] === last && next.length > 1) next.push(next.shift()!)
    last = next.at(-1)
    yield* next
  }
}

/** The pieces of a clip, one after the other; a rest of less than half a second is left out. */
function cutUp(clip: Clip, { framesPerSecond, clipFrames, isFilled = false }: TimelineOptions & { readonly isFilled?: boolean }): readonly Piece[] {
  const usual = clipFrames ?? STILL_SECONDS * framesPerSecond
  if (clip.kind === 'still' || clip.seconds === undefined) return [{ clip, startFrame: 0, frames: usual, isLooped: false }]
  const whole = Math.max(1, Math.floor(clip.seconds * framesPerSecond))
  if (isFilled && whole < framesPerSecond) return [{ clip, startFrame: 0, frames: usual, isLooped: true }]
  const most = clipFrames ?? whole
  const pieces: Piece[] = []
  for (let startFrame = 0; startFrame < whole; startFrame += most) {
    const frames = Math.min(most, whole - startFrame)
    if (startFrame === 0 || frames >= framesPerSecond / 2) pieces.push({ clip, startFrame, frames, isLooped: false })
  }
  return pieces
}

interface Placed extends Piece {
  readonly overlap: number
}

function placed(pieces: readonly Piece[], options: TimelineOptions): readonly Placed[] {
  return pieces.map((piece, index) => ({ ...piece, overlap: overlapWith(pieces[index - 1], piece, options) }))
}

/** As many pieces as are needed; the last is cut short, and shares with the one before it where little of it would be left. */
function fill(pieces: Iterator<Piece, never>, frames: number, options: TimelineOptions): readonly Placed[] {
  const row: Placed[] = []
  let covered = 0
  while (covered < frames) {
    const piece = pieces.next().value
    const overlap = overlapWith(row.at(-1), piece, options)
    covered += piece.frames - overlap
    row.push({ ...piece, overlap })
  }
  const last = row.at(-1)!
  return withLast(row.slice(0, -1), { ...last, frames: last.frames - (covered - frames) }, Math.round(options.framesPerSecond / 2))
}

function withLast(earlier: readonly Placed[], last: Placed, least: number): readonly Placed[] {
  const before = earlier.at(-1)
  if (before === undefined || last.frames >= Math.max(least, 3 * last.overlap)) return [...earlier, last]
  const both = before.frames + last.frames
  const half = Math.floor(both / 2)
  const isRoom = both - half > before.overlap + last.overlap && half > last.overlap
  if (isRoom && half >= least / 2) return [...earlier.slice(0, -1), { ...before, frames: both - half }, { ...last, frames: half }]
  return [...earlier.slice(0, -1), { ...before, frames: both - last.overlap }]
}

function overlapWith(before: Piece | undefined, piece: Piece, { transition, transitionFrames }: TimelineOptions): number {
  if (before === undefined || transition === 'none' || transition === 'fade_in' || transition === 'fade_out') return 0
  return Math.min(transitionFrames, Math.floor(Math.min(before.frames, piece.frames) / 3))
}

function dressed({ clip, startFrame, frames, isLooped, overlap }: Placed, options: TimelineOptions, random: () => number): Segment {
  const { transition, transitionFrames, framesPerSecond, movesStills } = options
  const fade = Math.min(transitionFrames, Math.floor(frames / 3))
  const moves = clip.kind === 'still' && movesStills
  return {
    clip, startSeconds: clip.startSeconds + startFrame / framesPerSecond, frames, isLooped, overlap,
    effect: transition === 'slide' ? pick(SLIDES, random) : transition === 'shuffle' ? pick(['fade', ...SLIDES], random) : 'fade',
    fadeIn: transition === 'fade_in' ? fade : 0, fadeOut: transition === 'fade_out' ? fade : 0,
    ...(moves && {
      motion: { direction: pick(['in', 'out'] as const, random), focus: { x: 0.3 + 0.4 * random(), y: 0.3 + 0.4 * random() }, from: 0, of: frames },
    }),
  }
}

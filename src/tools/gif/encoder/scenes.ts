import { ColorHistogram } from './color-histogram.ts'
import { makePalette, paletteError } from './palette.ts'
import { scenePalette, type ScenePalette } from './scene-palette.ts'
import type { FrameSource } from './frame-source.ts'

/** Frames from one cut to the next, and their colours. */
export interface Scene {
  /** The frame behind the last. */
  readonly end: number
  readonly palette: ScenePalette
  /** The colours are those of the whole file. */
  readonly isShared: boolean
}

export interface ScenePlan {
  readonly shared: ScenePalette
  readonly scenes: readonly Scene[]
}

/** The mean difference of a channel from one frame to the next that is a cut. */
const CUT = 22
const SAMPLE_EACH = 7
/** Colours of its own have to spare a scene this share of its error. */
const WORTH_OWN_COLORS = 0.2
const TABLE_BYTES = 768
/** A pixel takes about as many bytes; the table is to be a small part of the frame. */
const BYTES_PER_PIXEL = 0.4
const MOST_TABLE_SHARE = 0.03

/** Colours for all frames, and for those scenes that are much better off with their own. */
export function planScenes(source: FrameSource, colors: number): ScenePlan {
  const { ends, whole } = findCuts(source)
  const shared = paletteOf(whole, colors)
  if (ends.length === 1 || shared.isExact) return { shared, scenes: [{ end: source.delays.length, palette: shared, isShared: true }] }
  return { shared, scenes: ends.map((end, index) => sceneOf(source, { start: ends[index - 1] ?? 0, end, shared, colors })) }
}

function sceneOf(source: FrameSource, { start, end, shared, colors }: { start: number; end: number; shared: ScenePalette; colors: number }): Scene {
  const { width, height } = source
  const asShared: Scene = { end, palette: shared, isShared: true }
  if (TABLE_BYTES > MOST_TABLE_SHARE * BYTES_PER_PIXEL * width * height && end - start > 1) return asShared
  const histogram = histogramOf(source, start, end)
  const own = paletteOf(histogram, colors)
  const bins = histogram.bins()
  const isWorthIt = paletteError(bins, own.colors) <= (1 - WORTH_OWN_COLORS) * paletteError(bins, shared.colors)
  return isWorthIt ? { end, palette: own, isShared: false } : asShared
}

function paletteOf(histogram: ColorHistogram, colors: number): ScenePalette {
  const exact = histogram.exactColors(colors)
  return exact ? scenePalette(exact, { isExact: true }) : scenePalette(makePalette(histogram.bins(), colors), { isExact: false })
}

function histogramOf(source: FrameSource, start: number, end: number): ColorHistogram {
  const histogram = new ColorHistogram()
  forFrames(source, { start, end }, (frame, before) => histogram.add(frame, before))
  return histogram
}

function findCuts(source: FrameSource): { readonly ends: readonly number[]; readonly whole: ColorHistogram } {
  const whole = new ColorHistogram()
  const ends: number[] = []
  forFrames(source, { start: 0, end: source.delays.length }, (frame, before, index) => {
    const isCut = before !== undefined && meanDifference(frame, before) > CUT
    if (isCut) ends.push(index)
    whole.add(frame, before)
  })
  return { ends: [...ends, source.delays.length], whole }
}

function forFrames(
  source: FrameSource, { start, end }: { readonly start: number; readonly end: number },
  see: (frame: Uint8Array, before: Uint8Array | undefined, index: number) => void,
): void {
  const size = source.width * source.height * 3
  let [frame, before] = [new Uint8Array(size), new Uint8Array(size)]
  for (let index = start; index < end; index++) {
    source.read(index, frame)
    see(frame, index === start ? undefined : before, index)
    ;[frame, before] = [before, frame]
  }
}

function meanDifference(one: Uint8Array, other: Uint8Array): number {
  let sum = 0
  for (let at = 0; at < one.length; at += SAMPLE_EACH) sum += Math.abs(one[at]! - other[at]!)
  return sum / Math.ceil(one.length / SAMPLE_EACH)
}

import { inputFrom } from '../ffmpeg-command.ts'
import type { Clip, Motion, Segment } from './timeline.ts'

export interface Look {
  readonly width: number
  readonly height: number
  readonly framesPerSecond: number
  /** How a picture of another aspect is fitted in. */
  readonly fit: 'cover' | 'contain' | 'blur'
  /** Behind what does not fill the picture; as ffmpeg writes colours. */
  readonly background: string
}

/** Part of a filter graph, and the label of what comes out of it. */
export interface Graph {
  readonly chains: readonly string[]
  readonly label: string
}

/** How much larger than the whole picture a zoom shows it at its closest. */
const ZOOM = 1.12

/** Arguments that open each segment's clip where it begins: one input a segment, in their order. */
export function segmentInputs(segments: readonly Segment[], files: readonly string[], framesPerSecond: number): readonly string[] {
  return segments.flatMap(({ clip, startSeconds, frames, isLooped }) => {
    const file = files[clip.input]!
    if (clip.kind === 'still') return inputFrom(file)
    // A moment more than is shown: which frame is the last is for the graph to say.
    const span = ['-t', seconds(frames / framesPerSecond + 1)]
    // Only one or two of them decode at a time; threads for all would take memory for nothing.
    return inputFrom(file, '-threads', '2', ...(isLooped ? ['-stream_loop', '-1'] : []), ...(startSeconds > 0 ? ['-ss', seconds(startSeconds)] : []), ...span)
  })
}

/** Joins the segments to one picture of exactly their frames. The first of their inputs is number 0. */
export function pictureGraph(segments: readonly Segment[], look: Look): Graph {
  const chains = segments.flatMap((segment, index) => segmentChains(segment, index, look))
  let joined: { label: string; frames: number } | undefined
  let row: string[] = []
  // By their number and not by `fps`, which makes one frame more of what `concat` hands on.
  const endRow = (number: number) => {
    if (row.length < 2) return row[0]!
    chains.push(`${row.map((label) => `[${label}]`).join('')}concat=n=${row.length}:v=1:a=0,settb=1/${look.framesPerSecond},setpts=N[row${number}]`)
    return `row${number}`
  }
  segments.forEach(({ overlap, frames, effect }, index) => {
    if (joined === undefined) {
      joined = { label: '', frames }
      row = [`seg${index}`]
    } else if (overlap === 0) {
      joined.frames += frames
      row.push(`seg${index}`)
    } else {
      const offset = joined.frames - overlap
      chains.push(`[${endRow(index)}][seg${index}]xfade=transition=${effect}:duration=${share(overlap, look)}:offset=${share(offset, look)}[mix${index}]`)
      joined.frames += frames - overlap
      row = [`mix${index}`]
    }
  })
  return { chains, label: endRow(segments.length) }
}

/** Fills the whole picture with a clip, for exactly the frames of the segment. */
function segmentChains(segment: Segment, index: number, look: Look): readonly string[] {
  const { clip, frames, motion, fadeIn, fadeOut } = segment
  const { width, height, framesPerSecond } = look
  const isFast = (clip.framesPerSecond ?? 0) > framesPerSecond
  const rate = `fps=${framesPerSecond}:start_time=0`
  const last = [
    'setsar=1', 'format=yuv420p', 'setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709',
    ...(clip.kind === 'still'
      ? ['loop=loop=-1:size=1', `settb=1/${framesPerSecond}`, 'setpts=N', rate]
      // A clip that ends before its header said stands still until its time is over.
      : [...(isFast ? [] : [rate]), 'tpad=stop=-1:stop_mode=clone']),
    `trim=end_frame=${frames}`,
    ...(motion ? [zoomFilter(motion)] : []),
    ...(fadeIn > 0 ? [`fade=t=in:s=0:n=${fadeIn}`] : []),
    ...(fadeOut > 0 ? [`fade=t=out:s=${frames - fadeOut}:n=${fadeOut}`] : []),
  ].join(',')
  const first = `[${index}:V:0]${clip.kind === 'film' && isFast ? `${rate},` : ''}`
  const out = `[seg${index}]`
  if (look.fit === 'cover') return [`${first}${cover(clip, { width, height })},${last}${out}`]
  if (look.fit === 'contain') return [`${first}${contain(clip, look)},pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2:color=${look.background},${last}${out}`]
  const [far, near] = [`far${index}`, `near${index}`]
  // A blur of a small copy is the same to the eye, and cheap.
  const small = { width: even(width / 8), height: even(height / 8) }
  return [
    `${first}split[a${index}][b${index}]`,
    `[a${index}]${cover(clip, small)},format=yuv420p,gblur=sigma=5,scale=${width}:${height},setsar=1[${far}]`,
    `[b${index}]${contain(clip, look)},setsar=1[${near}]`,
    `[${far}][${near}]overlay=(W-w)/2:(H-h)/2,${last}${out}`,
  ]
}

interface Size {
  readonly width: number
  readonly height: number
}

/** By the aspect that is meant to be seen: pixels need not be square. */
function cover(clip: Clip, { width, height }: Size): string {
  return `scale=${quoted(`max(${width},2*ceil(${height}*dar/2))`)}:${quoted(`max(${height},2*ceil(${width}/dar/2))`)}${flags(clip)},crop=${width}:${height}`
}

function contain(clip: Clip, { width, height }: Size): string {
  return `scale=${quoted(`max(2,min(${width},2*round(${height}*dar/2)))`)}:${quoted(`max(2,min(${height},2*round(${width}/dar/2)))`)}${flags(clip)}`
}

/** What a still lets through is black behind it. */
function flags({ kind }: Clip): string {
  return kind === 'still' ? ':flags=lanczos,format=gbrap,premultiply=inplace=1,scale=out_color_matrix=bt709:out_range=tv,format=yuv420p' : ':flags=bicubic'
}

/** To a fraction of a pixel, where `zoompan` and `crop` go by whole ones and tremble. */
function zoomFilter({ direction, focus, from, of }: Motion): string {
  const done = `(on+${from})/${Math.max(1, of - 1)}`
  const near = `${round(1 - 1 / ZOOM)}*${direction === 'in' ? done : `(1-${done})`}`
  const [left, right] = [`W*${round(focus.x)}*${near}`, `W-W*${round(1 - focus.x)}*${near}`]
  const [top, bottom] = [`H*${round(focus.y)}*${near}`, `H-H*${round(1 - focus.y)}*${near}`]
  const corners = { x0: left, y0: top, x1: right, y1: top, x2: left, y2: bottom, x3: right, y3: bottom }
  return `perspective=${Object.entries(corners).map(([name, value]) => `${name}=${quoted(value)}`).join(':')}:eval=frame`
}

function share(frames: number, { framesPerSecond }: Look): string {
  return seconds(frames / framesPerSecond)
}

export function seconds(value: number): string {
  return String(Math.round(value * 1e6) / 1e6)
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4
}

function even(pixels: number): number {
  return Math.max(2, 2 * Math.round(pixels / 2))
}

/** Commas within an expression are no ends of filters. */
function quoted(expression: string): string {
  return `'${expression}'`
}

import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { surroundings } from '../fill/estimate.ts'
import type { Box } from '../fill/motion.ts'
import { OverlayLearner } from '../fill/overlay-learner.ts'
import type { OverlayModel } from '../fill/overlay-model.ts'
import { layoutOf, pictureBytes, pictureOf, type Layout } from '../fill/picture.ts'
import { grown, Repair, type RepairedRegion } from '../fill/repair.ts'
import { overlayFormat } from '../overlay-format.ts'
import { extentOf, regionAt, type Region } from '../region.ts'
import type { FilmFacts, RemoveTask } from '../task.ts'
import { encode } from './encode.ts'
import type { FfmpegStarter } from './ffmpeg.ts'
import { beginning, cropTo, filmInput, RAW, steadyFrames } from './film-arguments.ts'
import { readFrames } from './read-frames.ts'
import type { Teller } from './teller.ts'

/** Frames before and behind that are looked at, and what all of them may take. */
const REACH = 64
const LEAST_REACH = 6
const MOST_BYTES = 384 * 2 ** 20

interface Tools {
  readonly ffmpeg: FfmpegStarter
  readonly teller: Teller
}

/** Puts what is below in the regions' place, and makes the film anew with it. Only their part of the picture passes through here. */
export async function inpaint(task: RemoveTask, regions: readonly Region[], tools: Tools): Promise<void> {
  const { file, film, encoding } = task
  const part = partOf(regions, film)
  const layout = layoutOf(film.pixelFormat, part)
  const reach = Math.max(LEAST_REACH, Math.min(REACH, Math.floor(MOST_BYTES / pictureBytes(layout) / 2)))
  const models = await learn(task, regions, { ...tools, part, layout, reach })
  const repaired = regions.map((region, index): RepairedRegion => ({ at: inPart(region, part, film), model: models[index] }))
  const rate = String(film.framesPerSecond)
  const graph = `[0:V:0]${steadyFrames(film)}[film];[1:v]format=${film.pixelFormat}[part];[film][part]overlay=x=${part.x}:y=${part.y}:format=${overlayFormat(film)}:eof_action=pass[out]`
  const args = [
    ...beginning('info'), ...filmInput(file), '-f', 'rawvideo', '-pix_fmt', film.pixelFormat, '-video_size', `${part.width}x${part.height}`, '-framerate', rate, '-i', 'pipe:0',
    '-filter_complex', graph, '-map', '[out]',
  ]
  await encode(args, { ...tools, film, encoding, feed: (stdin) => feed(stdin) })

  async function feed(stdin: Writable): Promise<void> {
    const repair = new Repair({ layout, regions: repaired, reach })
    let [number, repairedFrames] = [0, 0]
    const write = async (isWhole: boolean) => {
      while (repair.ready({ isWhole }) !== undefined) {
        for (const { buffer, byteOffset, byteLength } of repair.take().planes) {
          if (!stdin.write(new Uint8Array(buffer, byteOffset, byteLength))) await once(stdin, 'drain')
        }
        // The encoder looks ahead, and tells late.
        if (film.seconds !== null) await tools.teller.progress('make', Math.min(0.98, ++repairedFrames / (film.seconds * film.framesPerSecond)))
      }
    }
    for await (const bytes of readFrames(tools.ffmpeg, partArguments({ file, film }, part), pictureBytes(layout))) {
      repair.add(number++, pictureOf(bytes, layout))
      await write(false)
    }
    await write(true)
    stdin.end()
  }
}

/** The part of the picture that the regions and what surrounds them take, ever; both sides even. */
function partOf(regions: readonly Region[], film: FilmFacts): Box {
  const boxes = regions.map((region) => surroundings(extentOf(region), layoutOf(film.pixelFormat, film)))
  const [left, top] = [Math.min(...boxes.map(({ x }) => x)), Math.min(...boxes.map(({ y }) => y))]
  const [right, bottom] = [Math.max(...boxes.map(({ x, width }) => x + width)), Math.max(...boxes.map(({ y, height }) => y + height))]
  return { x: left, y: top, width: Math.min(film.width - left, (right - left + 1) & ~1), height: Math.min(film.height - top, (bottom - top + 1) & ~1) }
}

function inPart(region: Region, part: Box, { framesPerSecond }: FilmFacts, first = 0): (frame: number) => Box | undefined {
  return (frame) => {
    const box = regionAt(region, (first + frame) / framesPerSecond)
    return box && { ...box, x: box.x - part.x, y: box.y - part.y }
  }
}

function partArguments({ file, film }: Pick<RemoveTask, 'file' | 'film'>, part: Box, { from, frames }: { readonly from?: number; readonly frames?: number } = {}): readonly string[] {
  return [
    ...beginning('error'), ...filmInput(file, ...(from === undefined ? [] : ['-ss', String(from)])), '-map', '0:V:0',
    '-vf', `${steadyFrames(film)},${cropTo(part)}`, ...(frames === undefined ? [] : ['-frames:v', String(frames)]), ...RAW,
  ]
}

/** So many frames tell what an overlay lets through, from so many places of the film. */
const LEARNED_FRAMES = 90
const PLACES = 3
const MOST_TIMED = 8

interface LearnOptions extends Tools {
  readonly part: Box
  readonly layout: Layout
  readonly reach: number
}

/** What is known of the overlays that stay in their place; undefined for others. */
async function learn({ file, film }: RemoveTask, regions: readonly Region[], { ffmpeg, teller, part, layout, reach }: LearnOptions): Promise<readonly (OverlayModel | undefined)[]> {
  const learners = regions.map(() => new OverlayLearner(layout))
  const places = placesToLearn(film, regions)
  for (const [index, from] of places.entries()) {
    const first = Math.round(from * film.framesPerSecond)
    const repair = new Repair({ layout, regions: regions.map((region) => ({ at: inPart(region, part, film, first) })), reach: Math.min(reach, LEARNED_FRAMES / 2) })
    let number = 0
    const teach = async (isWhole: boolean) => {
      for (let next = repair.ready({ isWhole }); next !== undefined; next = repair.ready({ isWhole })) {
        repair.teach(learners)
        await teller.progress('learn', (index + next / LEARNED_FRAMES) / places.length)
      }
    }
    const args = partArguments({ file, film }, part, { ...(first > 0 && { from: first / film.framesPerSecond }), frames: LEARNED_FRAMES })
    for await (const bytes of readFrames(ffmpeg, args, pictureBytes(layout))) {
      repair.add(number++, pictureOf(bytes, layout))
      await teach(false)
    }
    await teach(true)
  }
  return learners.map((learner, index) => {
    const region = regions[index]!
    if (region.keyframes) return undefined
    return learner.model(grown({ ...region, x: region.x - part.x, y: region.y - part.y }, layout))
  })
}

/** Seconds: spread over the film, and in the middle of the time of what is not always there. */
function placesToLearn({ seconds, framesPerSecond }: FilmFacts, regions: readonly Region[]): readonly number[] {
  const span = LEARNED_FRAMES / framesPerSecond
  if (seconds === null || seconds <= span * 1.5) return [0]
  const last = seconds - span
  const timed = regions.filter(({ fromSeconds, toSeconds, keyframes }) => !keyframes && (fromSeconds !== undefined || toSeconds !== undefined))
  const middles = timed.slice(0, MOST_TIMED).map(({ fromSeconds = 0, toSeconds = seconds }) => Math.min(last, Math.max(0, (fromSeconds + toSeconds - span) / 2)))
  if (timed.length === regions.length) return middles
  const spread = seconds < span * PLACES ? [0, last] : Array.from({ length: PLACES }, (_, index) => (last * index) / (PLACES - 1))
  return [...spread, ...middles]
}

import { logoPoints, withoutBorder, type LogoPicture, type LogoPoints } from '../find/logo-points.ts'
import { tracksOf, type Sighting } from '../find/logo-tracks.ts'
import { edgeDirections, matchLogo, type EdgeDirections } from '../find/match-logo.ts'
import type { Region } from '../region.ts'
import type { FilmFacts, FindTask, RemoveTask } from '../task.ts'
import type { FfmpegStarter } from './ffmpeg.ts'
import { beginning, filmInput, RAW } from './film-arguments.ts'
import { readFrames } from './read-frames.ts'
import type { Teller } from './teller.ts'

/** The film's width while it is searched. */
const SEARCH_WIDTH = 400
const PICTURES_PER_SECOND = 8
const MOST_PICTURES = 2400
/** Sizes of the logo that are tried, of its own. */
const SIZES = { from: 0.3, to: 3, step: 1.09 }
const PICTURES_FOR_SIZE = 10
const NARROWEST = 14
const WIDEST_SHARE = 0.6
/** How much the edges have to run as the logo's do. */
const LEAST_LIKENESS = 0.5
const LOGO_SIDE = 512

interface Tools {
  readonly ffmpeg: FfmpegStarter
  readonly teller: Teller
}

/** Where a logo is that a picture shows, and when: also where it jumps or moves, larger or smaller than in its picture. */
export async function findLogo(file: string, { file: filmFile, film }: FindTask | RemoveTask, { ffmpeg, teller }: Tools): Promise<readonly Region[]> {
  const logo = await readLogo(ffmpeg, file)
  const { scale, size } = searchSize(film)
  const points = await findSize(logo, { ffmpeg, filmFile, film, size, scale, onPicture: (count) => teller.progress('find', (0.3 * count) / PICTURES_FOR_SIZE) })
  if (!points) return []
  return trackLogo(points, { filmFile, film, size, scale, ffmpeg, progress: (share) => teller.progress('find', share === null ? null : 0.3 + 0.7 * share) })
}

interface TrackSearch {
  readonly filmFile: string
  readonly film: FilmFacts
  /** Of the film's picture while it is searched, and how much smaller that is. */
  readonly size: { readonly width: number; readonly height: number }
  readonly scale: number
  readonly ffmpeg: FfmpegStarter
  readonly progress: (share: number | null) => Promise<void>
}

/** Where and when what has these edges is to be seen in the film. */
async function trackLogo(points: LogoPoints, { filmFile, film, size, scale, ffmpeg, progress }: TrackSearch): Promise<readonly Region[]> {
  const rate = searchRate(film)
  const expected = film.seconds === null ? null : film.seconds * rate
  const sightings: Sighting[] = []
  for await (const edges of searched(ffmpeg, { filmFile, film, size, rate, most: MOST_PICTURES })) {
    const { x, y, likeness } = matchLogo(edges, points)
    sightings.push({ seconds: sightings.length / rate, place: likeness < LEAST_LIKENESS ? undefined : { x: Math.round(x * scale), y: Math.round(y * scale) } })
    await progress(expected === null ? null : sightings.length / expected)
  }
  const pixels = Math.ceil(scale)
  const tracks = tracksOf(sightings, { width: Math.round(points.width * scale), height: Math.round(points.height * scale), pixels, stepSeconds: 1 / rate })
  return tracks.map((track) => within(track, pixels, film))
}

/** The size in which a film is searched. */
function searchSize({ width, height }: FilmFacts): { readonly scale: number; readonly size: { readonly width: number; readonly height: number } } {
  const scale = Math.max(1, width / SEARCH_WIDTH)
  return { scale, size: { width: Math.round(width / scale), height: Math.round(height / scale) } }
}

function searchRate({ seconds, framesPerSecond }: FilmFacts): number {
  return Math.min(framesPerSecond, PICTURES_PER_SECOND, seconds === null ? PICTURES_PER_SECOND : MOST_PICTURES / seconds)
}

/** As exactly as it is known, within the picture. */
function within({ x, y, width, height, ...rest }: Region, pixels: number, film: FilmFacts): Region {
  const [wide, high] = [Math.min(film.width, width + 2 * pixels), Math.min(film.height, height + 2 * pixels)]
  const clipped = (at: { readonly x: number; readonly y: number }) => ({
    x: Math.max(0, Math.min(film.width - wide, at.x - pixels)), y: Math.max(0, Math.min(film.height - high, at.y - pixels)),
  })
  return { ...rest, ...clipped({ x, y }), width: wide, height: high, ...(rest.keyframes && { keyframes: rest.keyframes.map((at) => ({ ...at, ...clipped(at) })) }) }
}

async function readLogo(ffmpeg: FfmpegStarter, file: string): Promise<LogoPicture> {
  // A picture of its own size, whose size nobody has told: the header of a PAM does.
  const running = ffmpeg.start([
    ...beginning('error'), ...filmInput(file), '-map', '0:v:0', '-frames:v', '1', '-vf', `scale=min(iw\\,${LOGO_SIDE}):-1,format=rgba`, '-c:v', 'pam', '-f', 'image2pipe', 'pipe:1',
  ])
  running.stdin.end()
  const chunks: Uint8Array[] = []
  for await (const chunk of running.stdout) chunks.push(chunk as Uint8Array)
  await running.ended()
  const bytes = Buffer.concat(chunks)
  const end = bytes.indexOf('ENDHDR\n') + 'ENDHDR\n'.length
  const head = bytes.toString('latin1', 0, end)
  const number = (name: string) => Number(new RegExp(`${name} (\\d+)`).exec(head)?.[1])
  return withoutBorder({ width: number('WIDTH'), height: number('HEIGHT'), rgba: bytes.subarray(end) })
}

interface SizeOptions {
  readonly ffmpeg: FfmpegStarter
  readonly filmFile: string
  readonly film: FilmFacts
  readonly size: { readonly width: number; readonly height: number }
  readonly scale: number
  readonly onPicture: (count: number) => Promise<void>
}

/** The logo in the size in which it is most like what some pictures of the film show. */
async function findSize(logo: LogoPicture, { ffmpeg, filmFile, film, size, scale, onPicture }: SizeOptions): Promise<LogoPoints | undefined> {
  const candidates = sizesToTry(logo.width / scale, size.width).flatMap((width) => logoPoints(logo, width) ?? [])
  const likenesses = candidates.map(() => [] as number[])
  const rate = film.seconds === null ? 1 : Math.min(film.framesPerSecond, PICTURES_FOR_SIZE / film.seconds)
  let count = 0
  for await (const edges of searched(ffmpeg, { filmFile, film, size, rate, most: PICTURES_FOR_SIZE })) {
    for (const [index, points] of candidates.entries()) if (points.height + 8 < size.height) likenesses[index]!.push(matchLogo(edges, points).likeness)
    await onPicture(++count)
  }
  // Where it is not always there, the better half of the pictures tells.
  const usual = likenesses.map((each) => each.sort((a, b) => b - a).slice(0, Math.ceil(each.length / 2)).reduce((sum, one) => sum + one, 0) / Math.max(1, Math.ceil(each.length / 2)))
  const best = Math.max(...usual)
  return best < LEAST_LIKENESS ? undefined : candidates[usual.indexOf(best)]
}

/** Widths in pixels, while searched. */
function sizesToTry(own: number, filmWidth: number): readonly number[] {
  const widths = new Set<number>()
  for (let factor = SIZES.from; factor <= SIZES.to; factor *= SIZES.step) {
    const width = Math.round(own * factor)
    if (width >= NARROWEST && width <= filmWidth * WIDEST_SHARE) widths.add(width)
  }
  const exact = Math.round(own)
  if (exact >= NARROWEST && exact <= filmWidth * WIDEST_SHARE) widths.add(exact)
  return [...widths]
}

interface Search {
  readonly filmFile: string
  readonly film: FilmFacts
  readonly size: { readonly width: number; readonly height: number }
  readonly rate: number
  readonly most: number
}

async function* searched(ffmpeg: FfmpegStarter, { filmFile, size: { width, height }, rate, most }: Search): AsyncGenerator<EdgeDirections> {
  const args = [
    ...beginning('error'), ...filmInput(filmFile), '-map', '0:V:0', '-vf', `fps=fps=${rate}:start_time=0,scale=${width}:${height}:flags=area,format=gray`,
    '-frames:v', String(most), ...RAW,
  ]
  for await (const grey of readFrames(ffmpeg, args, width * height)) yield edgeDirections(grey, width, height)
}

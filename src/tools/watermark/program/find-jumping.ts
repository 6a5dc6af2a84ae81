import { pointsOfEdges } from '../find/logo-points.ts'
import { groupEdges } from '../find/group-edges.ts'
import { stayingEdges, type FoundOverlay, type StayingEdges } from '../find/still-overlay.ts'
import type { Region } from '../region.ts'
import type { FilmFacts, FindTask, RemoveTask } from '../task.ts'
import type { FfmpegStarter } from './ffmpeg.ts'
import { searchSize, trackLogo } from './find-logo.ts'
import { sampleFilm } from './sample-film.ts'
import type { Teller } from './teller.ts'

/** A mark that jumps stays that long, at least. */
const SPAN_SECONDS = 1.6
const MOST_SPANS = 10
/** Of width and height: by so much one mark may seem to be larger elsewhere. */
const ALIKE = 0.15

/** What stays for some time, is elsewhere for some time, and looks the same there: where and when. Only films of some length can tell. */
export async function findJumping({ file, film }: FindTask | RemoveTask, { ffmpeg, teller }: { readonly ffmpeg: FfmpegStarter; readonly teller: Teller }): Promise<readonly Region[]> {
  const spans = spansOf(film)
  if (spans.length < 2) return []
  const { scale, size } = searchSize(film)
  const seen: Seen[] = []
  for (const [index, from] of spans.entries()) {
    const onPicture = () => teller.progress('find', (0.6 * index) / spans.length)
    const pictures = await sampleFilm(ffmpeg, { file, film, ...size, during: { from, seconds: SPAN_SECONDS }, onPicture })
    const edges = stayingEdges(pictures)
    for (const overlay of groupEdges(edges, { ...size, isPart: false })) seen.push({ index, overlay, edges })
  }
  const best = mostOften(seen)
  const points = best && pointsOfEdges(best.edges, size.width, best.overlay.box)
  if (!points) return []
  return trackLogo(points, { filmFile: file, film, size, scale, ffmpeg, progress: (share) => teller.progress('find', share === null ? null : 0.6 + 0.4 * share) })
}

interface Seen {
  readonly index: number
  readonly overlay: FoundOverlay
  readonly edges: StayingEdges
}

function spansOf({ seconds }: FilmFacts): readonly number[] {
  const count = Math.min(MOST_SPANS, 1 + Math.floor((2 * Math.max(0, (seconds ?? 0) - SPAN_SECONDS)) / SPAN_SECONDS))
  return Array.from({ length: count }, (_, index) => (((seconds ?? 0) - SPAN_SECONDS) * index) / Math.max(1, count - 1))
}

/** The clearest of those that are of the same size in the most spans; undefined where none is in two. */
function mostOften(seen: readonly Seen[]): Seen | undefined {
  const isAlike = (one: number, other: number) => Math.abs(one - other) <= Math.max(3, ALIKE * Math.max(one, other))
  const spansWith = ({ overlay: { box } }: Seen) =>
    new Set(seen.filter(({ overlay: { box: other } }) => isAlike(box.width, other.width) && isAlike(box.height, other.height)).map(({ index }) => index)).size
  const counted = seen.map((each) => ({ each, spans: spansWith(each) })).filter(({ spans }) => spans >= 2)
  return counted.sort((one, other) => other.spans - one.spans || other.each.overlay.strength - one.each.overlay.strength)[0]?.each
}

import { isStill } from '../expected-length.ts'
import { NotMediaError } from '../media-info.ts'
import { mapOf, shownPicture } from '../shown-picture.ts'
import { refuseField } from '../source-field.ts'
import type { MediaInfo, Workspace } from '../tool.ts'
import type { Crop, FilmSource, GifSource, PictureSource } from './gif-task.ts'

/** What is asked of the sources. */
export interface AskedOfSources {
  readonly sources: readonly string[]
  readonly delay_ms: number
  readonly delays_ms?: readonly number[] | undefined
  readonly captions?: readonly string[] | undefined
  readonly ping_pong: boolean
  readonly start_seconds?: number | undefined
  readonly duration_seconds?: number | undefined
  readonly fps?: number | undefined
  readonly speed?: number | undefined
  readonly crop?: Crop | undefined
}

/** Several sources are pictures, of which those that move give their first frame; one alone may be a film. */
export async function sourcesOf(wanted: AskedOfSources, workspace: Workspace): Promise<readonly GifSource[]> {
  const sources: GifSource[] = []
  for (const [index, file] of workspace.inputs.entries()) {
    const label = labelOf(workspace, index)
    const info = await probeNamed(workspace, { file, label, index })
    const { delays_ms, delay_ms, captions = [] } = wanted
    const caption = (captions.length === 1 ? captions[0] : captions[index])?.trim() ?? ''
    const own = { file, label, caption, isOpaque: info === undefined || isOpaque(info) }
    if (workspace.inputs.length === 1 && info !== undefined && isFilm(info)) return [filmSource(wanted, { ...own, info })]
    sources.push({ ...own, type: 'picture', delayMs: delays_ms?.[index] ?? delay_ms } satisfies PictureSource)
  }
  return sources
}

/** As the sender called it, and where it stands in the request. */
function labelOf({ names }: Workspace, index: number): string {
  const name = names?.[index]
  return name === undefined ? `sources[${index}]` : `${JSON.stringify(name)} (sources[${index}])`
}

/** ffmpeg before 7.1 knows nothing of them. */
const HEIC = /\.hei[cf]$/i

/** undefined for a photo that ffprobe cannot tell of. */
async function probeNamed({ probe, names }: Workspace, { file, label, index }: { file: string; label: string; index: number }): Promise<MediaInfo | undefined> {
  const info = await probe(file).catch((error: unknown) => {
    if (!(error instanceof NotMediaError)) throw error
    return undefined
  })
  if (info?.streams.some(({ kind }) => kind === 'video')) return info
  // The program takes it apart itself, and says so where it is none.
  if (info === undefined && HEIC.test(names?.[index] ?? '')) return undefined
  const what = info === undefined ? 'is no picture that ffmpeg can read, or it is broken' : 'has no picture'
  return refuseField(`sources[${index}]`, `${label} ${what}`, 'Take it out, or send it as PNG, JPEG or WebP')
}

function isFilm(info: MediaInfo): boolean {
  // A still AVIF or HEIC is a film without a length.
  return !isStill(info) && !/^image2/.test(info.format) && !(info.format.startsWith('mov,') && info.durationSeconds === undefined)
    && info.streams.some(({ kind, isAttachedPicture }) => kind === 'video' && isAttachedPicture !== true)
}

/** Codecs in which nothing can be seen through. */
const OPAQUE: ReadonlySet<string> = new Set(['mjpeg', 'h264', 'hevc', 'mpeg4', 'mpeg1video', 'mpeg2video', 'vc1', 'wmv2', 'wmv3', 'h263', 'flv1', 'theora'])

function isOpaque({ streams }: MediaInfo): boolean {
  return streams.every(({ kind, codec }) => kind !== 'video' || OPAQUE.has(codec))
}

const USUAL_RATE = 12
/** Frames of an animation are shown for hundredths of a second each; what repeats costs nothing. */
const ANIMATION_RATE = 50

function filmSource(
  wanted: AskedOfSources, { info, ...own }: Pick<FilmSource, 'file' | 'label' | 'caption' | 'isOpaque'> & { readonly info: MediaInfo },
): FilmSource {
  const picture = shownPicture(info)
  const { start_seconds: start = 0, duration_seconds: asked, speed = 1, crop } = wanted
  const isAnimation = /^(?:gif|apng)$/.test(info.format)
  const framesPerSecond = wanted.fps ?? (isAnimation ? ANIMATION_RATE : USUAL_RATE)
  const whole = picture.seconds
  if (whole !== undefined && start >= whole) refuseField('start_seconds', `is not before the end: the video has ${Math.round(whole * 100) / 100} s`)
  if (crop && (crop.left + crop.width > picture.width || crop.top + crop.height > picture.height)) {
    refuseField('crop', `does not lie within the video, which has ${picture.width}x${picture.height} pixels`)
  }
  const seconds = whole === undefined ? asked : Math.min(asked ?? Infinity, whole - start)
  return {
    ...own, type: 'film', map: mapOf(picture), startSeconds: start, framesPerSecond, speed,
    ...(asked !== undefined && { durationSeconds: asked }), ...(crop && { crop }),
    expectedFrames: seconds === undefined ? null : Math.max(1, Math.round((seconds / speed) * framesPerSecond)),
  }
}

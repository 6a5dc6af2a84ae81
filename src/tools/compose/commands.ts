import { ffmpegCommand, inputFrom } from '../ffmpeg-command.ts'
import { VIDEO_ENCODERS, type Quality } from '../media-encoders.ts'
import type { Command, PlanFile, Workspace } from '../tool.ts'
import { pictureGraph, seconds, segmentInputs, type Graph, type Look } from './picture-graph.ts'
import { clipSoundGraph, mixGraph, type Mix } from './sound-graph.ts'
import { framesOf, splitTimeline, type Segment } from './timeline.ts'

export interface Film {
  /** Name of the file. */
  readonly file: string
  readonly segments: readonly Segment[]
  readonly look: Look
  readonly quality: Quality
  /** A script that libass draws into the picture. */
  readonly subtitles?: string | undefined
  /** Absent where the clips' own sound is not wanted. */
  readonly clipVolume?: number | undefined
  readonly voice?: { readonly input: string; readonly volume: number } | undefined
  readonly music?: { readonly input: string; readonly volume: number; readonly fadeSeconds: number; readonly isDucked: boolean } | undefined
}

/** Clips that are open at the same time, and what their decoders and filters may hold of them. */
const MOST_OPEN = 16
const MOST_OPEN_BYTES = 1.5 * 2 ** 30

/** A decoder and the filters behind it each hold some dozen pictures of a film, at a byte and a half a pixel. */
const BYTES_PER_PIXEL = 18

/** Putting parts together is copying. */
const JOIN_WEIGHT = 0.03

/**
 * One command where few enough clips are to be open at the same time; else one for each part of the film, and one that
 * puts them together as they are and mixes the sound. No picture is encoded twice.
 */
export function filmCommands(film: Film, workspace: Workspace): { readonly commands: readonly Command[]; readonly files: readonly PlanFile[] } {
  const { segments, look: { width, height, framesPerSecond } } = film
  const heldBytes = ({ clip }: Segment) => BYTES_PER_PIXEL * (clip.pixels + width * height)
  const fits = (group: readonly Segment[]) => group.length <= MOST_OPEN && group.reduce((sum, segment) => sum + heldBytes(segment), 0) <= MOST_OPEN_BYTES
  const groups = splitTimeline(segments, { fits, framesPerSecond })
  if (groups.length === 1) return { commands: [wholeCommand(film, workspace)], files: [] }
  const name = film.file.replace(/\.\w+$/, '')
  const parts = groups.map((group, index) => ({ file: `${name}-part-${index + 1}.mov`, group, seconds: framesOf(group) / framesPerSecond }))
  const list = `${name}-parts.txt`
  let before = 0
  const commands = parts.map(({ file, group }) => {
    const command = partCommand(group, { film, workspace, file, before })
    before += framesOf(group)
    return command
  })
  return {
    commands: [...commands, joinCommand(film, workspace, { list, hasSound: hasClipSound(film) })],
    files: [{ file: list, text: ['ffconcat version 1.0', ...parts.flatMap((part) => [`file ${part.file}`, `duration ${seconds(part.seconds)}`]), ''].join('\n') }],
  }
}

function wholeCommand(film: Film, workspace: Workspace): Command {
  const { segments, look, voice, music } = film
  const { framesPerSecond } = look
  const frames = framesOf(segments)
  const picture = withSubtitles(pictureGraph(segments, look), film, { before: 0 })
  const own = hasClipSound(film) ? clipSoundGraph(segments, { framesPerSecond, frames }) : undefined
  const sound = mixGraph(mixOf(film, { frames, clips: own?.label, firstInput: segments.length }))
  const graph = [...picture.chains, ...(own?.chains ?? []), ...(sound?.chains ?? [])].join(';')
  return ffmpegCommand([
    ...segmentInputs(segments, workspace.inputs, framesPerSecond), ...soundInputs({ voice, music }, frames / framesPerSecond),
    '-filter_complex', graph, '-map', `[${picture.label}]`, ...pictureArgs(film), ...soundArgs(sound),
    ...LAST, `${workspace.outputDirectory}/${film.file}`,
  ], { workspace, seconds: frames / framesPerSecond })
}

/** A part of the picture as it will stay, with the clips' own sound as samples. `before`: frames of the film that come before it. */
function partCommand(
  segments: readonly Segment[], { film, workspace, file, before }: { readonly film: Film; readonly workspace: Workspace; readonly file: string; readonly before: number },
): Command {
  const { framesPerSecond } = film.look
  const frames = framesOf(segments)
  const picture = withSubtitles(pictureGraph(segments, film.look), film, { before })
  const own = hasClipSound(film) ? clipSoundGraph(segments, { framesPerSecond, frames }) ?? silence(frames / framesPerSecond) : undefined
  return ffmpegCommand([
    ...segmentInputs(segments, workspace.inputs, framesPerSecond),
    '-filter_complex', [...picture.chains, ...(own?.chains ?? [])].join(';'), '-map', `[${picture.label}]`, ...pictureArgs(film),
    ...(own ? ['-map', `[${own.label}]`, '-c:a', 'pcm_s16le'] : ['-an']), '-f', 'mov', `${workspace.outputDirectory}/${file}`,
  ], { workspace, seconds: frames / framesPerSecond })
}

function joinCommand(film: Film, workspace: Workspace, { list, hasSound }: { readonly list: string; readonly hasSound: boolean }): Command {
  const { segments, look: { framesPerSecond }, voice, music } = film
  const frames = framesOf(segments)
  const sound = mixGraph(mixOf(film, { frames, clips: hasSound ? '0:a:0' : undefined, firstInput: 1 }))
  return ffmpegCommand([
    // The list and all that it names were made here.
    '-protocol_whitelist', 'file', '-f', 'concat', '-i', list, ...soundInputs({ voice, music }, frames / framesPerSecond),
    ...(sound ? ['-filter_complex', sound.chains.join(';')] : []), '-map', '0:V:0', '-c:v', 'copy', ...soundArgs(sound),
    ...LAST, `${workspace.outputDirectory}/${film.file}`,
  ], { workspace, seconds: frames / framesPerSecond, weight: JOIN_WEIGHT })
}

function mixOf(film: Film, { frames, clips, firstInput }: { readonly frames: number; readonly clips: string | undefined; readonly firstInput: number }): Mix {
  const { clipVolume = 0, voice, music, look: { framesPerSecond } } = film
  return {
    frames, framesPerSecond,
    ...(clips !== undefined && { clips: { label: clips, volume: clipVolume } }),
    ...(voice && { voice: { label: `${firstInput}:a:0`, volume: voice.volume } }),
    ...(music && { music: { ...music, label: `${firstInput + (voice ? 1 : 0)}:a:0` } }),
  }
}

function soundInputs({ voice, music }: Pick<Film, 'voice' | 'music'>, filmSeconds: number): readonly string[] {
  return [
    ...(voice ? inputFrom(voice.input, '-vn') : []),
    ...(music ? inputFrom(music.input, '-vn', '-stream_loop', '-1', '-t', seconds(filmSeconds + 1)) : []),
  ]
}

/** Subtitles stand at their times in the whole film. */
function withSubtitles({ chains, label }: Graph, { subtitles }: Film, { before }: { readonly before: number }): Graph {
  if (subtitles === undefined) return { chains, label }
  const drawn = before === 0 ? `ass=${subtitles}` : `setpts=PTS+${before},ass=${subtitles},setpts=PTS-${before}`
  return { chains: [...chains, `[${label}]${drawn}[titled]`], label: 'titled' }
}

function silence(lasting: number): Graph {
  return { chains: [`anullsrc=r=48000:cl=stereo:d=${seconds(lasting)}[own]`], label: 'own' }
}

function hasClipSound({ segments, clipVolume = 0 }: Film): boolean {
  return clipVolume > 0 && segments.some(({ clip }) => clip.hasSound)
}

function pictureArgs({ quality }: Film): readonly string[] {
  const { name, args, crf } = VIDEO_ENCODERS.h264
  return ['-c:v', name, ...args, '-crf', String(crf[quality]), '-pix_fmt', 'yuv420p']
}

function soundArgs(sound: Graph | undefined): readonly string[] {
  return sound ? ['-map', `[${sound.label}]`, '-c:a', 'aac', '-b:a', '192k'] : ['-an']
}

const LAST = ['-sn', '-dn', '-map_metadata', '-1', '-map_chapters', '-1', '-movflags', '+faststart', '-f', 'mp4'] as const

import { z } from 'zod'
import { ffmpegCommand, inputFrom } from './ffmpeg-command.ts'
import { mediaCheck } from './media-check.ts'
import { VIDEO_ENCODERS } from './media-encoders.ts'
import { findFormat } from './media-formats.ts'
import { refuseField, soundOf, sourceField } from './source-field.ts'
import type { MediaInfo, Plan, Tool, Workspace } from './tool.ts'

const moment = z.number().min(0).max(86_400)

const input = z.strictObject({
  source: sourceField,
  start_seconds: moment.default(0).describe('Where the part begins'),
  end_seconds: moment.optional().describe('Where it ends; the source’s own end unless given'),
  duration_seconds: z.number().positive().max(86_400).optional().describe('How long it is, instead of end_seconds'),
  exact: z.boolean().default(true)
    .describe('true: to the frame, encoded anew. false: copied as it is, at once and without loss, from the key frame before the beginning'),
})

export type TrimInput = z.infer<typeof input>

/** A part of a film or a song. */
export const trimTool: Tool<TrimInput> = {
  name: 'trim',
  title: 'Cut a part out of a video or a song',
  input,
  check,
  sources: ({ source }) => [source],
  requires: ({ exact }) => (exact
    ? { encoders: [VIDEO_ENCODERS.h264.name, 'aac'], filters: ['scale', 'format'], muxers: ['mp4', 'ipod'] }
    : { muxers: ['matroska'] }),
  presets: [
    { name: 'first-30-s', title: 'The first 30 seconds', input: { start_seconds: 0, duration_seconds: 30 } },
    { name: 'copy', title: 'At once, without loss', input: { exact: false } },
  ],
  plan,
}

function check({ start_seconds: start, end_seconds: end, duration_seconds: duration }: TrimInput): void {
  if (end !== undefined && duration !== undefined) refuseField('duration_seconds', 'cannot be given together with end_seconds', 'Send one of them')
  if (end !== undefined && end <= start) refuseField('end_seconds', 'is not after start_seconds')
}

async function plan(wanted: TrimInput, workspace: Workspace): Promise<Plan> {
  const file = workspace.inputs[0]!
  const info = await workspace.probe(file)
  const { start_seconds: start, exact } = wanted
  const whole = info.durationSeconds
  if (whole !== undefined && start >= whole) refuseField('start_seconds', `is not before the end: the source has ${shortened(whole)} s`)
  const asked = wanted.duration_seconds ?? (wanted.end_seconds === undefined ? undefined : wanted.end_seconds - start)
  const seconds = whole === undefined ? asked : Math.min(asked ?? Infinity, whole - start)
  const hasFilm = info.streams.some(({ kind, isAttachedPicture }) => kind === 'video' && isAttachedPicture !== true)
  if (!hasFilm) soundOf(info)
  const format = findFormat(exact ? (hasFilm ? 'mp4' : 'm4a') : (hasFilm ? 'mkv' : 'mka'), 'exact')
  const name = `${hasFilm ? 'video' : 'audio'}.${format.name}`
  const args = [
    ...inputFrom(file, '-ss', String(start), ...(asked === undefined ? [] : ['-t', String(asked)])),
    ...(exact ? encoded(hasFilm) : ['-map', '0:V?', '-map', '0:a?', '-map', '0:s?', '-c', 'copy', '-avoid_negative_ts', 'make_zero']),
    '-map_chapters', '-1', '-f', format.muxer, `${workspace.outputDirectory}/${name}`,
  ]
  return {
    commands: [ffmpegCommand(args, { workspace, seconds })],
    artifacts: [{ file: name, contentType: format.contentType, ...checkOf(wanted, { info, asked }) }],
    result: { start_seconds: start, ...(seconds !== undefined && { duration_seconds: seconds }) },
  }

  function checkOf({ source }: TrimInput, probed: { readonly info: MediaInfo; readonly asked: number | undefined }) {
    // A copy begins where its first key frame is.
    if (!exact) return { media: { isTimed: false } }
    const span = { seek_seconds: start, ...(probed.asked !== undefined && { duration_seconds: probed.asked }) }
    const media = mediaCheck([{ source, info: probed.info, ...span }], { args: [], options: [], filters: [], changesDuration: false }, format)
    return media && { media }
  }
}

function encoded(hasFilm: boolean): readonly string[] {
  const sound = ['-map', '0:a:0?', '-c:a', 'aac', '-b:a', '192k', '-movflags', '+faststart', '-sn', '-dn']
  if (!hasFilm) return ['-vn', ...sound]
  const { name, args, crf } = VIDEO_ENCODERS.h264
  return ['-map', '0:V:0', '-vf', 'scale=trunc(iw/2)*2:trunc(ih/2)*2,format=yuv420p', '-c:v', name, ...args, '-crf', String(crf.high), ...sound]
}

function shortened(seconds: number): string {
  return String(Math.round(seconds * 100) / 100)
}

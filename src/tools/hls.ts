import { z } from 'zod'
import { ffmpegCommand, inputFrom } from './ffmpeg-command.ts'
import { HlsParser } from './hls-parser.ts'
import { masterPlaylist, type Rendition } from './hls-playlists.ts'
import { renditionsOf } from './hls-renditions.ts'
import { qualityField, VIDEO_ENCODERS } from './media-encoders.ts'
import { filmOf, refuseField, sourceField } from './source-field.ts'
import type { MediaStream, Plan, Tool, Workspace } from './tool.ts'

const MOST_SEGMENTS = 5000

const input = z.strictObject({
  source: sourceField,
  heights: z.array(z.int().min(120).max(2160)).min(1).max(6).default([720])
    .describe('Pixels of each rendition, between which a player chooses by what its line carries; those above the source are left out'),
  segments: z.enum(['fmp4', 'ts']).default('fmp4').describe('The kind of file of each piece: fmp4 is smaller, ts is for old players'),
  segment_seconds: z.int().min(1).max(30).default(6).describe('How long a piece is'),
  quality: qualityField.describe('How good the picture is, and how fast a line it takes'),
  sound: z.boolean().default(true).describe('Keep the sound'),
})

export type HlsInput = z.infer<typeof input>

/** A film in pieces that players fetch one after the other, the first of them while the others are still made. */
export const hlsTool: Tool<HlsInput> = {
  name: 'hls',
  title: 'Stream a video (HLS), playable while it is made',
  input,
  check({ heights }) {
    const index = heights.findIndex((height, at) => heights.indexOf(height) !== at)
    if (index !== -1) refuseField(`heights[${index}]`, `${heights[index]} is there twice`)
  },
  sources: ({ source }) => [source],
  requires: ({ sound }) => ({ encoders: [VIDEO_ENCODERS.h264.name, ...(sound ? ['aac'] : [])], filters: ['split', 'scale', 'format'], muxers: ['hls', 'mp4', 'mpegts'] }),
  presets: [
    { name: '720p', title: '720p', input: { heights: [720] } },
    { name: 'adaptive', title: '1080p, 720p, 480p and 240p, as the line carries', input: { heights: [1080, 720, 480, 240] } },
    { name: 'low-delay', title: 'Soon there: 480p in pieces of two seconds', input: { heights: [480], segment_seconds: 2 } },
    { name: 'old-players', title: 'For old players (MPEG-TS)', input: { heights: [720, 360], segments: 'ts' } },
  ],
  plan,
}

async function plan(wanted: HlsInput, workspace: Workspace): Promise<Plan> {
  const file = workspace.inputs[0]!
  const info = await workspace.probe(file)
  const picture = filmOf(info)
  const sound = wanted.sound ? info.streams.find(({ kind }) => kind === 'audio') : undefined
  const framesPerSecond = Math.min(120, picture.stream.framesPerSecond ?? 30)
  const renditions = renditionsOf(picture, { ...wanted, framesPerSecond, hasSound: sound !== undefined })
  const seconds = info.durationSeconds
  const count = Math.ceil((seconds ?? 0) / wanted.segment_seconds) * renditions.length
  if (count > MOST_SEGMENTS) refuseField('segment_seconds', `would make ${count} pieces, of which there may be ${MOST_SEGMENTS}`, 'Send more seconds, or fewer heights')
  const graph = [
    `[0:V:0]split=${renditions.length}${renditions.map(({ name }) => `[in_${name}]`).join('')}`,
    ...renditions.map(({ name, width, height }) => `[in_${name}]scale=${width}:${height},format=yuv420p[${name}]`),
  ].join(';')
  const args = [...inputFrom(file), '-filter_complex', graph, ...renditions.flatMap((rendition) => outputArgs(rendition, wanted, { sound }))]
  const command = ffmpegCommand(args, { workspace, seconds })
  return {
    commands: [{
      ...command,
      createParser: () => new HlsParser(command.createParser(), {
        renditions, segments: wanted.segments, segmentSeconds: wanted.segment_seconds, framesPerSecond, declaredSeconds: picture.seconds,
        master: masterPlaylist(renditions, { segments: wanted.segments, framesPerSecond }),
      }),
    }],
    artifacts: [],
    result: { renditions: renditions.map(({ name, width, height, kbps }) => ({ name, width, height, kbps })), master: 'master.m3u8' },
  }
}

/**
 * One rendition. Its playlist goes to stdout, where each version that ffmpeg writes names the newest few pieces, all of
 * which are closed by then; every version is one write.
 */
function outputArgs({ name, kbps, soundKbps, level }: Rendition, { segments, segment_seconds, quality }: HlsInput, { sound }: { readonly sound: MediaStream | undefined }): readonly string[] {
  return [
    '-map', `[${name}]`, '-c:v', VIDEO_ENCODERS.h264.name, '-preset', 'veryfast', '-profile:v', 'high', '-level:v', level.name,
    '-crf', String(VIDEO_ENCODERS.h264.crf[quality]), '-maxrate', `${kbps}k`, '-bufsize', `${kbps}k`,
    // At the same moments in all renditions, so that a player can go over from one to the other.
    '-force_key_frames', `expr:gte(t,n_forced*${segment_seconds})`, '-g', '9999', '-sc_threshold', '0',
    ...(sound === undefined ? ['-an'] : ['-map', '0:a:0', '-c:a', 'aac', '-b:a', `${soundKbps}k`, ...((sound.channels ?? 2) > 2 ? ['-ac', '2'] : [])]),
    '-sn', '-dn', '-map_chapters', '-1', '-map_metadata', '-1',
    '-f', 'hls', '-hls_time', String(segment_seconds), '-hls_list_size', '5', '-hls_segment_type', segments === 'ts' ? 'mpegts' : 'fmp4',
    ...(segments === 'ts' ? [] : ['-hls_fmp4_init_filename', `${name}_init.mp4`]),
    '-hls_segment_filename', `${name}_%05d.${segments === 'ts' ? 'ts' : 'm4s'}`, 'pipe:1',
  ]
}

import { FfmpegProgressParser } from './ffmpeg-progress.ts'
import { ALLOCATION_GUARD, inputGuards } from './input-guards.ts'
import type { Command, MediaStream } from './tool.ts'

/** Options of ffmpeg that stand first, in whatever it does for a tool here. */
export const FFMPEG_GLOBALS: readonly string[] = [
  '-hide_banner', '-nostdin', '-y', '-nostats', '-progress', 'pipe:3', '-stats_period', '0.25', '-loglevel', 'level+info',
  ...ALLOCATION_GUARD,
]

/** A file that is made of the sound, at 48 kHz. */
export interface SoundFile {
  readonly name: string
  /** ffmpeg's options for its channel and its encoding. */
  readonly args: readonly string[]
}

export interface SoundOptions {
  readonly sound: MediaStream
  readonly seconds: number | undefined
  readonly outputDirectory: string
  readonly hiddenPaths: ReadonlyMap<string, string>
  /** Made besides the three files of DFPWM; published as they are. */
  readonly published?: readonly SoundFile[]
  /** For the commands that follow. */
  readonly kept?: readonly SoundFile[]
}

const ENCODINGS = { dfpwm: ['-c:a', 'dfpwm', '-f', 'dfpwm'], pcm: ['-c:a', 'pcm_u8', '-f', 'u8'] } as const

/** One channel of the sound, mixed: DFPWM1a has 6,000 bytes a second, PCM is unsigned and has 48,000. */
export function monoSound(name: string, encoding: keyof typeof ENCODINGS): SoundFile {
  return { name, args: ['-ac', '1', ...ENCODINGS[encoding]] }
}

/** Sound is a small part of the work. */
const SOUND_WEIGHT = 0.05

/** Makes a film's sound: `audio.dfpwm`, `audio_left.dfpwm` and `audio_right.dfpwm`, and what else is asked for. */
export function soundCommand(file: string, options: SoundOptions): Command {
  const { sound, seconds, outputDirectory, hiddenPaths, published = [], kept = [] } = options
  const isMono = (sound.channels ?? 1) < 2
  const side = (name: string, channel: string) =>
    isMono ? monoSound(name, 'dfpwm') : { name, args: ['-af', `pan=mono|c0=${channel}`, ...ENCODINGS.dfpwm] }
  const artifacts = [monoSound('audio.dfpwm', 'dfpwm'), side('audio_left.dfpwm', 'c0'), side('audio_right.dfpwm', 'c1'), ...published]
  return {
    program: 'ffmpeg',
    args: [
      ...FFMPEG_GLOBALS, ...inputGuards(), '-i', file,
      ...[...artifacts, ...kept].flatMap(({ name, args }) =>
        ['-map', '0:a:0', '-vn', '-ar', '48000', ...args, `${outputDirectory}/${name}`]),
    ],
    ...(seconds !== undefined && { expectedSeconds: seconds * SOUND_WEIGHT }),
    artifacts: artifacts.map(({ name }) => ({ file: name, contentType: 'application/octet-stream' })),
    createParser: () => new FfmpegProgressParser({ expectedSeconds: seconds ?? null, hiddenPaths }),
  }
}

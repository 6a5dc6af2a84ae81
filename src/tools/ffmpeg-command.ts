import { FfmpegProgressParser } from './ffmpeg-progress.ts'
import { inputGuards } from './input-guards.ts'
import { FFMPEG_GLOBALS } from './sound.ts'
import type { Command, Workspace } from './tool.ts'

export interface FfmpegCommandOptions {
  readonly workspace: Workspace
  /** Seconds that this command writes; undefined where nobody can tell. */
  readonly seconds: number | undefined
  /** How much of the work this is, beside the job's other commands; all of it unless given. */
  readonly weight?: number
  /** Pictures of the first output, where they tell better than seconds how far it is. */
  readonly frames?: number
}

/** One call of ffmpeg, in the output directory, whose paths nobody sees. */
export function ffmpegCommand(args: readonly string[], { workspace, seconds, weight = 1, frames }: FfmpegCommandOptions): Command {
  const { inputs, outputDirectory } = workspace
  const hiddenPaths = new Map([
    // The last ones first: the path of the second is the beginning of that of the eleventh.
    ...inputs.map((file, index): [string, string] => [file, inputs.length === 1 ? 'input' : `input-${index + 1}`]).reverse(),
    [`${outputDirectory}/`, ''],
  ])
  return {
    program: 'ffmpeg',
    args: [...FFMPEG_GLOBALS, ...args],
    ...(seconds !== undefined && { expectedSeconds: seconds * weight }),
    createParser: () => new FfmpegProgressParser({ expectedSeconds: seconds ?? null, ...(frames !== undefined && { expectedFrames: frames }), hiddenPaths }),
  }
}

/** A staged file as ffmpeg's input, behind options that hold for it alone. */
export function inputFrom(file: string, ...options: readonly string[]): readonly string[] {
  return [...inputGuards(), ...options, '-i', file]
}

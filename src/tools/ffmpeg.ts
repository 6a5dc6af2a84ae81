import { HubError } from '../errors.ts'
import { codecNames } from './codec-names.ts'
import { expectedLength, isStill } from './expected-length.ts'
import type { ExpectedLength, ProbedSource } from './expected-length.ts'
import { checkArguments, lastValue } from './ffmpeg-arguments.ts'
import type { CheckedArguments } from './ffmpeg-arguments.ts'
import { ffmpegInput } from './ffmpeg-input.ts'
import type { FfmpegInput, FfmpegOutput } from './ffmpeg-input.ts'
import { FfmpegProgressParser } from './ffmpeg-progress.ts'
import { ALLOCATION_GUARD, inputGuards } from './input-guards.ts'
import { mediaCheck } from './media-check.ts'
import { findFormat, isNamedAs } from './media-formats.ts'
import type { MediaFormat } from './media-formats.ts'
import { MAX_SECONDS } from './option-values.ts'
import { sandboxedArguments } from './sandboxed-arguments.ts'
import type { ArtifactSpec, Plan, Requirements, Tool, Workspace } from './tool.ts'

/** ffmpeg itself: inputs, output options that the grammar knows, outputs; one command whatever their number. */
export const ffmpegTool: Tool<FfmpegInput> = {
  name: 'ffmpeg',
  title: 'Convert media with ffmpeg',
  input: ffmpegInput,
  check: (input) => void settleOutputs(input),
  sources: ({ inputs }) => inputs.map(({ source }) => source),
  requires,
  presets: [
    { name: 'remux-mp4', title: 'Into an MP4, without encoding', input: { outputs: [{ format: 'mp4', args: ['-c', 'copy', '-movflags', '+faststart'] }] } },
    { name: 'mp3', title: 'The sound as MP3', input: { outputs: [{ format: 'mp3', args: ['-vn', '-q:a', '2'] }] } },
    { name: 'mute', title: 'Without its sound', input: { outputs: [{ format: 'mp4', args: ['-an', '-c:v', 'copy'] }] } },
    { name: 'poster', title: 'Its first picture', input: { outputs: [{ format: 'jpg', args: ['-frames:v', '1', '-q:v', '3'] }] } },
    { name: 'deinterlace', title: 'Old television: without combs', input: { outputs: [{ format: 'mp4', args: ['-vf', 'yadif', '-c:v', 'libx264', '-crf', '20', '-c:a', 'aac'] }] } },
    { name: 'speed-2x', title: 'Twice as fast, in the same pitch', input: { outputs: [{ format: 'mp4', args: ['-vf', 'setpts=PTS/2', '-af', 'atempo=2', '-c:v', 'libx264', '-c:a', 'aac'] }] } },
    { name: 'subtitles-srt', title: 'Its subtitles as SRT', input: { outputs: [{ format: 'srt', args: [] }] } },
  ],
  plan,
}

interface SettledOutput {
  readonly file: string
  readonly format: MediaFormat
  readonly args: CheckedArguments
}

async function plan(input: FfmpegInput, workspace: Workspace): Promise<Plan> {
  const outputs = settleOutputs(input)
  const inputs = await probeInputs(input, workspace)
  const lengths = outputs.map(({ args, format }) => expectedLength(inputs, args, format))
  const expectedSeconds = longest(lengths)
  const expectedFrames = lengths.length === 1 ? lengths[0]?.frames ?? null : null
  const hiddenPaths = shownPaths(workspace)
  return {
    commands: [{
      program: 'ffmpeg',
      args: [
        '-hide_banner', '-nostdin', '-y', '-nostats', '-progress', 'pipe:3', '-stats_period', '0.25',
        '-loglevel', 'level+info', ...ALLOCATION_GUARD,
        ...inputs.flatMap((probed, index) => inputArgs(probed, workspace.inputs[index] ?? '')),
        ...outputs.flatMap((output, index) => outputArgs(output, lengths[index]?.seconds ?? 0, workspace)),
      ],
      ...(expectedSeconds === null ? {} : { expectedSeconds }),
      createParser: () => new FfmpegProgressParser({ expectedSeconds, expectedFrames, hiddenPaths }),
    }],
    artifacts: outputs.map((output) => artifactOf(output, inputs)),
  }
}

function artifactOf({ file, format, args }: SettledOutput, inputs: readonly ProbedSource[]): ArtifactSpec {
  const media = mediaCheck(inputs, args, format)
  return { file, contentType: format.contentType, ...(media && { media }) }
}

/** What is counted in frames, such as a thumbnail beside a film, is done before what is counted in seconds. */
function longest(lengths: readonly ExpectedLength[]): number | null {
  const timed = lengths.filter(({ frames }) => frames === null).map(({ seconds }) => seconds)
  const known = timed.filter((seconds) => seconds !== null)
  return timed.length > 0 && known.length === timed.length ? Math.max(...known) : null
}

function requires(input: FfmpegInput): Requirements {
  const outputs = settleOutputs(input)
  return {
    encoders: [...new Set(outputs.flatMap(({ args, format }) => encodersOf(args, format)))],
    filters: [...new Set(outputs.flatMap(({ args }) => args.filters))],
    muxers: [...new Set(outputs.map(({ format }) => format.muxer))],
    sandboxed: [...new Set(outputs.flatMap(({ args }) => sandboxedArguments(args)))],
  }
}

/** Throws a HubError for an output that cannot be or may not be made. */
function settleOutputs({ inputs, outputs }: FfmpegInput): readonly SettledOutput[] {
  const settled = outputs.map((output, index): SettledOutput => {
    const at = `outputs[${index}]`
    const format = findFormat(output.format, outputs.length === 1 ? 'output_format' : `${at}.format`)
    const args = checkArguments(output.args, { path: outputs.length === 1 ? 'args' : `${at}.args`, inputCount: inputs.length })
    return { file: fileName(output, format, outputs.length === 1 ? '' : `-${index + 1}`, at), format, args }
  })
  settled.forEach(({ file }, index) => {
    if (settled.findIndex((other) => other.file === file) !== index) refuse(`outputs[${index}].name`, `Two outputs are named ${file}`)
  })
  inputs.forEach(({ loop, duration_seconds }, index) => {
    if (loop === true && duration_seconds === undefined && !settled.every(ends)) {
      refuse(`inputs[${index}].loop`, 'A looped input never ends; give it duration_seconds, or give -t, -frames:v or -shortest in args')
    }
  })
  return settled
}

function fileName({ name }: FfmpegOutput, format: MediaFormat, suffix: string, at: string): string {
  if (name === undefined) return `output${suffix}.${format.name}`
  return isNamedAs(format, name) ? name : refuse(`${at}.name`, `The name of a ${format.name} file ends in .${format.name}`)
}

function ends({ args, format }: SettledOutput): boolean {
  return format.kind === 'picture' || lastValue(args, 't', 'to', 'shortest', 'frames', 'vframes', 'aframes') !== undefined
}

async function probeInputs({ inputs }: FfmpegInput, workspace: Workspace): Promise<readonly ProbedSource[]> {
  const probed: ProbedSource[] = []
  for (const [index, source] of inputs.entries()) {
    probed.push({ ...source, info: await workspace.probe(workspace.inputs[index] ?? '') })
  }
  return probed
}

function inputArgs({ info, loop, seek_seconds, duration_seconds, frame_rate }: ProbedSource, file: string): readonly string[] {
  return [
    ...inputGuards(),
    ...(loop !== true ? [] : isStill(info) ? ['-loop', '1'] : ['-stream_loop', '-1']),
    ...(frame_rate === undefined ? [] : [isStill(info) ? '-framerate' : '-r', String(frame_rate)]),
    ...(seek_seconds === undefined ? [] : ['-ss', String(seek_seconds)]),
    ...(duration_seconds === undefined ? [] : ['-t', String(duration_seconds)]),
    '-i', file,
  ]
}

/** Of two equal options ffmpeg takes the last, so defaults stand before the request's own args and limits after. */
function outputArgs({ file, format, args }: SettledOutput, expectedSeconds: number, { outputDirectory }: Workspace): readonly string[] {
  return [
    ...format.defaults,
    ...args.args,
    ...(format.kind === 'picture' ? ['-frames:v', '1'] : []),
    ...(format.muxer === 'image2' ? ['-update', '1'] : []),
    ...(lastValue(args, 't', 'to') === undefined ? ['-t', String(Math.max(MAX_SECONDS, 2 * Math.ceil(expectedSeconds)))] : []),
    '-f', format.muxer,
    `${outputDirectory}/${file}`,
  ]
}

/** What stands in the log for the paths of this machine. */
function shownPaths({ inputs, outputDirectory }: Workspace): ReadonlyMap<string, string> {
  return new Map([
    ...inputs.map((file, index): [string, string] => [file, inputs.length === 1 ? 'input' : `input-${index + 1}`]),
    [`${outputDirectory}/`, ''],
  ])
}

function encodersOf(args: CheckedArguments, format: MediaFormat): readonly string[] {
  const named = args.options.filter(({ name }) => /^([vas]?codec|c)$/.test(name)).map(({ value }) => value)
  const isDefaultUsed = named.length === 0 && format.encoder !== undefined
  return [...named, ...(isDefaultUsed ? [format.encoder] : [])].filter((name) => name !== 'copy' && !codecNames.has(name))
}

function refuse(path: string, message: string): never {
  throw new HubError('invalid_input', message, { errors: [{ path, message }] })
}

import { z } from 'zod'
import { formatNames } from './media-formats.ts'
import { sourceField } from './source-field.ts'

/** What a job of ffmpeg is asked for, once read: the short form of a request has become this one too. */
export interface FfmpegInput {
  readonly inputs: readonly FfmpegSource[]
  readonly outputs: readonly FfmpegOutput[]
}

export interface FfmpegSource {
  readonly source: string
  readonly seek_seconds?: number | undefined
  readonly duration_seconds?: number | undefined
  readonly frame_rate?: number | undefined
  readonly loop?: boolean | undefined
}

export interface FfmpegOutput {
  readonly format: string
  readonly args: readonly string[]
  readonly name?: string | undefined
}

const SOURCE_HELP = 'Where to read from: http://…, https://…, upload:ID or job:ID/ARTIFACT'
const ARGS_HELP = 'ffmpeg output options, each option and each value a string of its own, such as ["-vn", "-ar", "48000"]. '
  + 'No inputs, formats, files or URLs'
const FORMAT_HELP = `The format to make: ${formatNames().join(', ')}`
const DEFAULT_FORMAT = 'mp3'
const MAX_SECONDS = 86_400

const args = z.array(z.string())
const format = z.string().min(1).max(64)

const inputFields = z.strictObject({
  source: sourceField.describe(SOURCE_HELP),
  seek_seconds: z.number().min(0).max(MAX_SECONDS).optional().describe('Begin to read this far in'),
  duration_seconds: z.number().positive().max(MAX_SECONDS).optional().describe('Read this much at most'),
  frame_rate: z.number().positive().max(240).optional()
    .describe('Frames per second of a picture that is looped, or to read a film at instead of its own'),
  loop: z.boolean().optional()
    .describe('Read over and over; needs duration_seconds, or -t, -frames:v or -shortest in every args'),
})

const outputFields = z.strictObject({
  format: format.describe(FORMAT_HELP),
  args: args.default([]).describe(ARGS_HELP),
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'takes letters, digits, dots, dashes and underscores').optional()
    .describe('Name of the file; output.EXT, or output-1.EXT and so on, unless given'),
})

/**
 * One object rather than a choice of two, so that a wrong field is reported under its own name and a form can be
 * made of it. What excludes what is checked in the transform.
 */
export const ffmpegInput = z.strictObject({
  input_url: sourceField.optional().describe(`${SOURCE_HELP}. Short for one of inputs`),
  args: args.optional().describe(`${ARGS_HELP}. With output_format, short for one of outputs`),
  output_format: format.optional().describe(`${FORMAT_HELP}. ${DEFAULT_FORMAT} unless given`),
  inputs: z.array(inputFields).min(1).max(8).optional().describe('What to read, in ffmpeg\'s order: the first is 0'),
  outputs: z.array(outputFields).min(1).max(8).optional().describe('What to make'),
}).transform((request, { addIssue }): FfmpegInput => {
  const complain = (field: keyof typeof request, message: string) => {
    addIssue({ code: 'custom', path: [field], message })
    return z.NEVER
  }
  if (request.input_url === undefined && request.inputs === undefined) return complain('input_url', 'input_url or inputs is needed')
  if (request.input_url !== undefined && request.inputs !== undefined) return complain('inputs', 'Give input_url or inputs, not both')
  if (request.outputs !== undefined && request.args !== undefined) return complain('args', 'With outputs, each of them has its own args')
  if (request.outputs !== undefined && request.output_format !== undefined) {
    return complain('output_format', 'With outputs, each of them has its own format')
  }
  return {
    inputs: request.inputs ?? [{ source: request.input_url ?? '' }],
    outputs: request.outputs ?? [{ format: request.output_format ?? DEFAULT_FORMAT, args: request.args ?? [] }],
  }
})

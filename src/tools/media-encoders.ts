import { z } from 'zod'

export const VIDEO_CODECS = ['h264', 'h265', 'vp9', 'av1'] as const
export type VideoCodec = (typeof VIDEO_CODECS)[number]

export const qualityField = z.enum(['low', 'medium', 'high']).default('medium')
export type Quality = z.infer<typeof qualityField>

interface VideoEncoder {
  readonly name: string
  readonly args: readonly string[]
  readonly crf: Readonly<Record<Quality, number>>
  readonly worstCrf: number
}

/** For a quality, whatever size that takes. */
export const VIDEO_ENCODERS: Readonly<Record<VideoCodec, VideoEncoder>> = {
  h264: { name: 'libx264', args: ['-preset', 'medium'], crf: { low: 28, medium: 23, high: 18 }, worstCrf: 51 },
  h265: { name: 'libx265', args: ['-preset', 'fast'], crf: { low: 32, medium: 27, high: 22 }, worstCrf: 51 },
  vp9: { name: 'libvpx-vp9', args: ['-deadline', 'good', '-cpu-used', '4', '-row-mt', '1', '-b:v', '0'], crf: { low: 40, medium: 33, high: 26 }, worstCrf: 63 },
  av1: { name: 'libsvtav1', args: ['-preset', '8'], crf: { low: 45, medium: 36, high: 28 }, worstCrf: 63 },
}

/** For a size: SVT-AV1 does not do two passes through ffmpeg 5.1. */
export const TWO_PASS_ENCODERS: Readonly<Record<VideoCodec, Pick<VideoEncoder, 'name' | 'args'>>> = {
  h264: VIDEO_ENCODERS.h264,
  h265: VIDEO_ENCODERS.h265,
  vp9: { name: 'libvpx-vp9', args: ['-deadline', 'good', '-cpu-used', '4', '-row-mt', '1'] },
  av1: { name: 'libaom-av1', args: ['-cpu-used', '6', '-row-mt', '1'] },
}

/** Options that make one of two passes; their statistics lie in the output directory. */
export function passArgs(codec: VideoCodec, pass: 1 | 2): readonly string[] {
  return codec === 'h265' ? ['-x265-params', `pass=${pass}:stats=passes`] : ['-pass', String(pass), '-passlogfile', 'passes']
}

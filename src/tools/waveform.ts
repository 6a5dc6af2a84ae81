import { z } from 'zod'
import { ffmpegCommand, inputFrom } from './ffmpeg-command.ts'
import { colorField, soundOf, sourceField } from './source-field.ts'
import type { Plan, Tool, Workspace } from './tool.ts'

const input = z.strictObject({
  source: sourceField,
  width: z.int().min(16).max(8192).default(1800).describe('Pixels'),
  height: z.int().min(16).max(4096).default(280).describe('Pixels'),
  color: colorField.default('#4450c8')
    .describe('Of the wave, such as #4450c8; what is not wave is clear'),
  split_channels: z.boolean().default(false).describe('A wave for each channel, one below the other'),
})

export type WaveformInput = z.infer<typeof input>

/** The sound as a picture: how loud it is from its beginning to its end. */
export const waveformTool: Tool<WaveformInput> = {
  name: 'waveform',
  title: 'Draw the waveform of a song or a video',
  input,
  sources: ({ source }) => [source],
  requires: () => ({ filters: ['showwavespic'], encoders: ['png'], muxers: ['image2'] }),
  presets: [
    { name: 'player', title: 'For a player', input: { width: 1800, height: 280 } },
    { name: 'channels', title: 'Left and right', input: { width: 1800, height: 560, split_channels: true } },
  ],
  plan,
}

async function plan({ width, height, color, split_channels }: WaveformInput, workspace: Workspace): Promise<Plan> {
  const file = workspace.inputs[0]!
  const info = await workspace.probe(file)
  const { channels = 1 } = soundOf(info)
  const colors = Array.from({ length: split_channels ? channels : 1 }, () => `0x${color.slice(1)}`).join('|')
  const mixed = split_channels ? '' : 'aformat=channel_layouts=mono,'
  const graph = `[0:a:0]${mixed}showwavespic=s=${width}x${height}:colors=${colors}:split_channels=${split_channels ? 1 : 0}[wave]`
  const args = [
    ...inputFrom(file), '-filter_complex', graph, '-map', '[wave]', '-frames:v', '1', '-c:v', 'png', '-f', 'image2', '-update', '1',
    `${workspace.outputDirectory}/waveform.png`,
  ]
  return {
    commands: [ffmpegCommand(args, { workspace, seconds: undefined })],
    artifacts: [{ file: 'waveform.png', contentType: 'image/png', media: { isTimed: false } }],
    result: { width, height },
  }
}

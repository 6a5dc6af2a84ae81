import { z } from 'zod'
import { soundSeconds } from './sound-length.ts'
import { sourceField } from './source-field.ts'
import { captionStyle } from './subtitles/captions-style.ts'
import { planCaptions } from './subtitles/plan-captions.ts'
import { srtDocument } from './subtitles/srt-document.ts'
import type { Plan, Tool, Workspace } from './tool.ts'

const input = z.strictObject({
  voice: sourceField.describe('Somebody who speaks the text: a file with sound'),
  text: z.string().min(1).max(100_000).describe('What is said'),
})

export type SubtitlesInput = z.infer<typeof input>

/** A text, timed over the voice that speaks it. */
export const subtitlesTool: Tool<SubtitlesInput> = {
  name: 'subtitles',
  title: 'Time a text over a voice',
  input,
  sources: ({ voice }) => [voice],
  plan,
}

/** Phrases are as long as fit on a full HD picture. */
const SCREEN = { width: 1920, height: 1080 }

async function plan({ text }: SubtitlesInput, workspace: Workspace): Promise<Plan> {
  const seconds = await soundSeconds(workspace.inputs[0]!, workspace, 'voice')
  const { captions } = await planCaptions({ ...captionStyle.parse({}), text }, { workspace, file: undefined, seconds, ...SCREEN })
  return {
    commands: [],
    files: [{ file: 'subtitles.srt', text: srtDocument(captions) }],
    artifacts: [{ file: 'subtitles.srt', contentType: 'application/x-subrip' }],
    result: { duration_seconds: Math.round(seconds * 1000) / 1000, captions: captions.length },
  }
}

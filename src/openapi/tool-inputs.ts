import { z } from 'zod'
import { tools } from '../tools/registry.ts'
import { webhookRequest } from '../jobs/webhook-request.ts'
import type { Content, Example } from './operation.ts'
import { named } from './schemas.ts'

/** What may be sent to submit a job: a tool, and what it takes. */
export function submissions(): Content {
  return { schema: z.union(tools.map(({ name, input }) => submissionOf(name, input))), examples: EXAMPLES }
}

function submissionOf(name: string, input: z.ZodType): z.ZodType {
  if (!named.has(input)) named.add(input, { id: `${pascal(name)}Input` })
  const submission = z.object({
    tool: z.literal(name), input, after: jobIds.describe('Jobs that have to complete first'), after_any: jobIds.describe('Jobs that have to end first'),
    webhook: webhookRequest.optional().describe('Is told what becomes of it'),
  })
  named.add(submission, { id: `${pascal(name)}Submission` })
  return submission
}

const jobIds = z.array(z.string().min(1)).max(100).optional()

function pascal(name: string): string {
  return name.replace(/(?:^|[-_])(\w)/g, (_, letter: string) => letter.toUpperCase())
}

function example(tool: string, summary: string, input: object): Readonly<Record<string, Example>> {
  return { [tool]: { summary, value: { tool, input } } }
}

const FILM = 'https://example.com/clip.mp4'

/** One for each tool, by its name. */
const EXAMPLES: Readonly<Record<string, Example>> = {
  ...example('ffmpeg', 'The sound of a film as MP3', { inputs: [{ source: FILM }], outputs: [{ format: 'mp3', args: ['-vn', '-q:a', '4'] }] }),
  ...example('video_frame', 'Ten small pictures a second', { source: FILM, width: 64, height: 36, fps: 10 }),
  ...example('sanjuuni', 'A film for ComputerCraft', { source: FILM, output_format: '32vid', width: 32, height: 18 }),
  ...example('transcode', 'A small copy of a film', { source: FILM, codec: 'h264', max_height: 144 }),
  ...example('audio', 'A film’s sound as loud as a phone wants it', { source: FILM, format: 'mp3', loudness_lufs: -16 }),
  ...example('trim', 'The first second', { source: FILM, duration_seconds: 1 }),
  ...example('concat', 'Two films as one', { sources: [FILM, FILM] }),
  ...example('hls', 'A film that is played while it is made', { source: FILM, heights: [120] }),
  ...example('thumbnails', 'Two pictures of a film', { source: FILM, count: 2 }),
  ...example('waveform', 'The sound as a picture', { source: FILM }),
  ...example('probe', 'What is in a film', { source: FILM }),
  ...example('compose', 'A film of two clips', { clips: [{ source: FILM }, { source: FILM }], short_side: 64, fps: 10 }),
  ...example('subtitles', 'A text over the voice that speaks it', { voice: FILM, text: 'What is said.' }),
  ...example('watermark', 'A mark taken off quickly', { source: FILM, method: 'delogo', regions: [{ x: 20, y: 20, width: 24, height: 16 }] }),
  ...example('gif', 'The beginning of a film', { sources: [FILM], duration_seconds: 1, fps: 5 }),
}

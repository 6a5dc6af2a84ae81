import { z } from 'zod'
import { HubError } from '../errors.ts'
import { isSrt, readCaptions } from '../tools/subtitles/read-captions.ts'
import { speakingSeconds } from '../tools/subtitles/time-text.ts'
import { MISSING } from './moneyprinter-errors.ts'

const COLORS: Readonly<Record<string, string>> = {
  white: '#ffffff', black: '#000000', red: '#ff0000', green: '#008000', blue: '#0000ff', yellow: '#ffff00', gray: '#808080', grey: '#808080',
}

const color = z.string().transform((text, context) => {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(text)
  const full = short ? `#${short.slice(1).map((digit) => digit + digit).join('')}` : COLORS[text.toLowerCase()] ?? text
  if (!/^#[0-9a-f]{6}$/i.test(full)) context.addIssue({ code: 'custom', message: 'is no colour such as #FFFFFF' })
  return full
})

/** What a request says, nulls left out; fields that mean nothing here are passed over. */
const schema = z.object({
  video_subject: z.string({ error: MISSING }),
  video_script: z.string().default(''),
  video_aspect: z.enum(['16:9', '9:16', '1:1']).default('9:16'),
  video_concat_mode: z.enum(['random', 'sequential']).default('random'),
  video_transition_mode: z.enum(['None', '', 'Shuffle', 'FadeIn', 'FadeOut', 'SlideIn', 'SlideOut']).default('None'),
  video_clip_duration: z.coerce.number().min(1).max(600).default(5),
  video_count: z.coerce.number().int().min(1).max(5).default(1),
  video_materials: z.array(z.object({ url: z.string().min(1) })).max(500).default([]),
  custom_audio_file: z.string().default(''),
  voice_name: z.string().default(''),
  voice_volume: z.coerce.number().min(0).max(10).default(1),
  bgm_type: z.string().default('random'),
  bgm_file: z.string().default(''),
  bgm_volume: z.coerce.number().min(0).max(10).default(0.2),
  subtitle_enabled: z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]).default(true),
  subtitle_position: z.enum(['top', 'center', 'bottom', 'custom']).default('bottom'),
  custom_position: z.coerce.number().min(0).max(100).default(70),
  font_name: z.string().default(''),
  text_fore_color: color.default('#ffffff'),
  text_background_color: z.union([z.boolean(), color]).default(false),
  font_size: z.coerce.number().min(8).max(400).default(60),
  stroke_color: color.default('#000000'),
  stroke_width: z.coerce.number().min(0).max(40).default(1.5),
  idempotency_key: z.uuid('is no UUID').optional(),
})

export type MoneyPrinterRequest = z.infer<typeof schema>

/** Finds the source that a path or a name of the dialect means. */
export type FindSource = (named: string, field: 'bgm_file' | 'custom_audio_file' | 'video_materials') => Promise<string>

/** Throws a HubError that names each field that is wrong. */
export function readMoneyPrinterRequest(body: unknown): MoneyPrinterRequest {
  const said = typeof body === 'object' && body !== null && !Array.isArray(body) ? Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null)) : body
  const parsed = schema.safeParse(said)
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
  throw new HubError('invalid_input', errors[0] ? `${errors[0].path} ${errors[0].message}` : 'The body is not valid', { errors })
}

/** What `compose` makes of `POST /videos`. `randomMusic` is what plays where the request leaves that to the server, which is not its voice. */
export async function toComposition(request: MoneyPrinterRequest, { findSource, randomMusic }: {
  readonly findSource: FindSource
  readonly randomMusic: (voice: string | undefined) => Promise<string | undefined>
}): Promise<object> {
  const { video_script: script, video_materials, bgm_type, bgm_file } = request
  assertWithoutModels(request)
  const voice = request.custom_audio_file === '' ? undefined : await findSource(request.custom_audio_file, 'custom_audio_file')
  const music = bgm_file !== '' ? await findSource(bgm_file, 'bgm_file') : bgm_type === 'random' ? await randomMusic(voice) : undefined
  const clips: object[] = []
  for (const { url } of video_materials) clips.push({ source: await findSource(url, 'video_materials') })
  return {
    clips, aspect: request.video_aspect, fit: 'contain', order: request.video_concat_mode, clip_seconds: request.video_clip_duration,
    transition: TRANSITIONS[request.video_transition_mode], transition_seconds: 1, count: request.video_count,
    ...(voice === undefined ? { duration_seconds: Math.max(0.5, silentSeconds(script)) } : { voice, voice_volume: request.voice_volume }),
    ...(music !== undefined && { music, music_volume: request.bgm_volume }), clip_volume: 0,
    ...(request.subtitle_enabled && script !== '' && { subtitles: subtitlesOf(request) }),
  }
}

/** Throws a HubError where a spoken text is to be made. */
export function assertHasSpeech({ custom_audio_file }: MoneyPrinterRequest): void {
  if (custom_audio_file !== '') return
  refuse('custom_audio_file', 'is missing: this hub has no text-to-speech', 'Send custom_audio_file: somebody speaking, as an upload, an artifact or a link')
}

/** Throws a HubError where it is to be heard what is said. */
export function assertHasScript({ video_script }: MoneyPrinterRequest): void {
  if (video_script === '') refuse('video_script', 'is missing: this hub does not listen to what is said', 'Send what is said as video_script')
}

/** Throws a HubError where it takes a language model, a voice or a library of films to do what is asked. */
function assertWithoutModels({ video_script: script, custom_audio_file, video_materials, voice_name }: MoneyPrinterRequest): void {
  if (script === '' && custom_audio_file === '') {
    refuse('video_script', 'is missing: writing one for video_subject takes a language model, and this hub has none',
      'Send video_script (plain text, or SRT with its timings) or custom_audio_file, and video_materials')
  }
  if (video_materials.length === 0) {
    refuse('video_materials', 'is missing: this hub looks for no films at Pexels or elsewhere',
      'Send video_materials: [{"provider":"local","url":…}], each an upload, an artifact, a link, or the name of a file sent to POST /api/v1/video_materials')
  }
  if (custom_audio_file === '' && !isSrt(script) && voice_name !== 'no-voice') {
    refuse('custom_audio_file', 'is missing: this hub has no text-to-speech',
      'Send custom_audio_file; or video_script as SRT with its timings; or voice_name "no-voice", for subtitles at a reader’s pace without a voice')
  }
}

const TRANSITIONS: Readonly<Record<MoneyPrinterRequest['video_transition_mode'], string>> = {
  None: 'none', '': 'none', Shuffle: 'shuffle', FadeIn: 'fade_in', FadeOut: 'fade_out', SlideIn: 'slide', SlideOut: 'slide',
}

function silentSeconds(script: string): number {
  return isSrt(script) ? Math.max(...readCaptions(script, 'video_script').map(({ endSeconds }) => endSeconds)) : speakingSeconds(script)
}

function subtitlesOf({ video_script, font_name, ...request }: MoneyPrinterRequest): object {
  const box = request.text_background_color
  // Names are those of font files, which a family often begins like.
  const font = font_name.replace(/\.(?:tt[cf]|otf)$/i, '').replace(/[^\p{L}\p{N} ._+-]+/gu, ' ').trim().slice(0, 80)
  return {
    text: video_script, size: Math.round(request.font_size), color: request.text_fore_color, outline_color: request.stroke_color,
    outline_width: request.stroke_width, position: request.subtitle_position, ...(font !== '' && { font }),
    ...(request.subtitle_position === 'custom' && { position_percent: request.custom_position }),
    ...(box !== false && { background_color: box === true ? '#000000' : box, background_opacity: 1 }),
  }
}

function refuse(path: string, message: string, hint: string): never {
  throw new HubError('invalid_input', `${path} ${message}`, { errors: [{ path, message: `${message}. ${hint}` }], hint })
}

import { z } from 'zod'
import { json, type Operation } from '../operation.ts'
import { bytes, named } from '../schemas.ts'

const error = z.object({
  status: z.int(), message: z.string(), data: z.array(z.record(z.string(), z.unknown())).optional(),
  error: z.string().optional(), error_code: z.string().optional(), hint: z.string().optional(),
})
named.add(error, { id: 'MoneyPrinterError' })

const task = z.object({
  task_id: z.string(), state: z.int().min(-1).max(4).describe('0 waits, 4 runs, 1 is done, -1 has failed'), progress: z.int(),
  videos: z.array(z.string()).optional(), combined_videos: z.array(z.string()).optional(), audio_file: z.string().optional(), subtitle_path: z.string().optional(),
  error: z.string().optional(), error_code: z.string().optional(), cancelled: z.literal(true).optional(), queue_position: z.int().optional(),
  job_id: z.string(), events_url: z.string(),
})
named.add(task, { id: 'MoneyPrinterTask' })

const envelope = (data: z.ZodType) => json(z.object({ status: z.literal(200), message: z.literal('success'), data }))
const accepted = {
  200: { description: 'The task', content: envelope(z.object({ task_id: z.string() })) },
  409: { description: 'The idempotency key was used for another request', content: json(error) },
}
const TASK = { id: { description: 'The task', example: 'v7M92gnhU5dBX4fgCFS2ju' } }
const base = { tag: 'MoneyPrinterTurbo', dialect: error } as const
const refusals = ['invalid_json', 'invalid_input', 'source_refused', 'missing_capability', 'upload_not_found', 'job_not_found', 'artifact_not_found', 'queue_full', 'disk_full', 'idempotency_mismatch', 'payload_too_large'] as const

const FILM = 'https://example.com/clip.mp4'

function submission(path: string, id: string, summary: string, value: object): Operation {
  return {
    ...base, method: 'post', path: `/api/v1/${path}`, id, summary, answers: accepted, errors: refusals,
    body: { content: { 'application/json': { schema: z.looseObject({ video_subject: z.string() }), examples: { [path]: { summary, value } } } } },
  }
}

function collection(name: 'musics' | 'video_materials', what: string): readonly Operation[] {
  const id = name === 'musics' ? 'Musics' : 'VideoMaterials'
  return [
    {
      ...base, method: 'get', path: `/api/v1/${name}`, id: `list${id}`, summary: `${what} that have been sent`,
      answers: { 200: { description: 'The files', content: envelope(z.object({ files: z.array(z.object({ name: z.string(), size: z.number(), file: z.string() })) })) } },
    },
    {
      ...base, method: 'post', path: `/api/v1/${name}`, id: `post${id}`, summary: `Send ${what.toLowerCase()}`,
      body: { content: { 'multipart/form-data': { schema: z.object({ file: bytes }) } } },
      answers: { 200: { description: 'The file', content: envelope(z.object({ file: z.string() })) } }, errors: ['invalid_input', 'payload_too_large', 'disk_full', 'unsupported_media_type'],
    },
  ]
}

const film = { 200: { description: 'The film', content: { 'video/mp4': { schema: bytes } } }, 206: { description: 'A part of it', content: { 'video/mp4': { schema: bytes } } } }
const FILE = { ...TASK, file: { description: 'The file', example: 'final-1.mp4' } }
const gone = ['job_not_found', 'job_expired', 'artifact_not_found', 'invalid_range'] as const

export const moneyPrinterOperations: readonly Operation[] = [
  submission('videos', 'makeVideo', 'Compose a film', {
    video_subject: 'A park', video_script: 'What is seen.', voice_name: 'no-voice', video_materials: [{ provider: 'local', url: FILM }], video_aspect: '1:1',
  }),
  submission('audio', 'makeAudio', 'Only its voice', { video_subject: 'A park', custom_audio_file: FILM }),
  submission('subtitle', 'makeSubtitle', 'Only its subtitles', { video_subject: 'A park', video_script: 'What is said.', custom_audio_file: FILM }),
  {
    ...base, method: 'get', path: '/api/v1/tasks', id: 'listMoneyPrinterTasks', summary: 'Tasks, the newest first',
    query: z.object({ page: z.int().min(1).default(1).optional(), page_size: z.int().min(1).default(10).optional() }),
    answers: { 200: { description: 'A page of them', content: envelope(z.object({ tasks: z.array(task), total: z.int(), page: z.int(), page_size: z.int() })) } }, errors: ['invalid_input'],
  },
  { ...base, method: 'get', path: '/api/v1/tasks/:id', id: 'getMoneyPrinterTask', summary: 'One task', params: TASK, answers: { 200: { description: 'The task', content: envelope(task) } }, errors: ['job_not_found'] },
  { ...base, method: 'delete', path: '/api/v1/tasks/:id', id: 'removeMoneyPrinterTask', summary: 'Remove a task', params: TASK, answers: { 200: { description: 'It is gone', content: envelope(z.null()) } }, errors: ['job_not_found', 'forbidden'] },
  { ...base, method: 'post', path: '/api/v1/tasks/:id/cancel', id: 'cancelMoneyPrinterTask', summary: 'Cancel a task', params: TASK, answers: { 200: { description: 'The task', content: envelope(task) } }, errors: ['job_not_found', 'forbidden'] },
  ...collection('musics', 'Music'),
  ...collection('video_materials', 'Films and pictures'),
  { ...base, method: 'get', path: '/tasks/:id/:file', id: 'getMoneyPrinterFile', summary: 'A film of a task', params: FILE, answers: film, errors: gone },
  { ...base, method: 'get', path: '/api/v1/stream/:id/:file', id: 'streamMoneyPrinterFile', summary: 'The same, always as a part', params: FILE, answers: film, errors: gone },
  { ...base, method: 'get', path: '/api/v1/stream/:id', id: 'streamMoneyPrinterTask', summary: 'The first film of a task', params: TASK, answers: film, errors: gone },
  { ...base, method: 'get', path: '/api/v1/download/:id/:file', id: 'downloadMoneyPrinterFile', summary: 'The same, to be saved', params: FILE, answers: film, errors: gone },
]

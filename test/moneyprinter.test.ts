import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeMedia, probeFilm } from './film-measures.ts'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

let scratch: string
let hub: InnerHub

beforeAll(async () => {
  scratch = await temporaryDirectory()
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'data'), REELTIME_CONCURRENCY: '1' })
  await sendFile('video_materials', makeMedia(join(scratch, 'clip.mp4'), '-f', 'lavfi', '-i', 'testsrc=s=160x90:r=15:d=3', '-pix_fmt', 'yuv420p'))
  await sendFile('video_materials', makeMedia(join(scratch, 'still.png'), '-f', 'lavfi', '-i', 'testsrc=s=90x90', '-frames:v', '1'))
  await sendFile('musics', makeMedia(join(scratch, 'voice.mp3'), '-f', 'lavfi', '-i', 'sine=300:d=2.5'))
  await sendFile('musics', makeMedia(join(scratch, 'song.mp3'), '-f', 'lavfi', '-i', 'sine=900:d=1'))
})
afterAll(async () => {
  await hub.stop()
  await removeDirectory(scratch)
})

async function sendFile(collection: string, file: string): Promise<{ status: number; body: any }> {
  const form = new FormData()
  form.append('file', new Blob([await readFile(file)]), file.slice(file.lastIndexOf('/') + 1))
  const response = await fetch(`${hub.url}/api/v1/${collection}`, { method: 'POST', body: form })
  return { status: response.status, body: await response.json() }
}

const REQUEST = {
  video_subject: '春天', video_script: '春天的花开了。', video_aspect: '1:1', video_concat_mode: 'sequential', video_transition_mode: 'FadeIn', video_clip_duration: 2,
  video_count: 1, video_source: 'local', video_materials: [{ provider: 'local', url: './storage/local_videos/clip.mp4', duration: 0 }, { provider: 'local', url: 'still.png' }],
  custom_audio_file: 'voice.mp3', video_language: '', voice_name: 'zh-CN-XiaoxiaoNeural-Female', voice_volume: 1, voice_rate: 1, bgm_type: 'random', bgm_file: 'song.mp3', bgm_volume: 0.2,
  subtitle_enabled: true, subtitle_position: 'bottom', font_name: 'STHeitiMedium.ttc', text_fore_color: '#FFFFFF', text_background_color: true, font_size: 60,
  stroke_color: '#000000', stroke_width: 1.5, n_threads: 2, paragraph_number: 1, video_terms: null,
}
const post = (path: string, body: object, headers: Record<string, string> = {}) => hub.api.post(`/api/v1/${path}`, body, headers)
const get = (path: string) => hub.api.request(`/api/v1/${path}`)

describe('a client that knows MoneyPrinterTurbo alone', () => {
  let taskId: string
  let done: any

  test('submits, asks until state 4 becomes 1, and finds its videos', async () => {
    const { status, body } = await post('videos', REQUEST)
    expect({ status, body }).toEqual({ status: 200, body: { status: 200, message: 'success', data: { task_id: expect.any(String) } } })
    taskId = body.data.task_id
    const states = new Set<number>()
    const bar: number[] = []
    // The clock of its two seconds is each change of the job.
    for await (const _ of hub.api.events(taskId)) {
      const { data } = (await get(`tasks/${taskId}`)).body
      states.add(data.state)
      bar.push(data.progress)
    }
    done = (await get(`tasks/${taskId}`)).body
    expect([...states].filter((state) => ![0, 4, 1].includes(state))).toEqual([])
    expect(states).toContain(4)
    expect(bar).toEqual([...bar].sort((a, b) => a - b))
    expect(done).toEqual({
      status: 200, message: 'success',
      data: {
        task_id: taskId, state: 1, progress: 100, videos: [`${hub.url}/tasks/${taskId}/final-1.mp4`], combined_videos: [`${hub.url}/tasks/${taskId}/final-1.mp4`],
        subtitle_path: `${hub.url}/tasks/${taskId}/subtitle.srt`, job_id: taskId, events_url: `${hub.url}/api/jobs/${taskId}/events`,
      },
    })
  })

  test('fetches the film, which is as long as its voice and has the sides of its aspect', async () => {
    const response = await fetch(done.data.videos[0])
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'video/mp4'])
    const file = join(scratch, 'final.mp4')
    await (await import('node:fs/promises')).writeFile(file, Buffer.from(await response.arrayBuffer()))
    const film = probeFilm(file)
    expect(film).toMatchObject({ width: 1080, height: 1080, codecs: ['h264', 'aac'] })
    expect(Math.abs(film.seconds - 2.5)).toBeLessThan(0.1)
    expect((await fetch(`${hub.url}/tasks/${taskId}/combined-1.mp4`)).status).toBe(200)
  })

  test('streams it, always as a part, and downloads it as a file', async () => {
    const size = Number((await fetch(done.data.videos[0], { method: 'HEAD' })).headers.get('content-length'))
    const ask = async (path: string, range?: string) => {
      const { status, headers, ...response } = await fetch(`${hub.url}/api/v1/${path}`, { headers: range === undefined ? {} : { range } }).then(async (got) => ({
        status: got.status, headers: got.headers, bytes: (await got.arrayBuffer()).byteLength,
      }))
      return [status, headers.get('content-range'), response.bytes, headers.get('content-type')?.split(';')[0]]
    }
    const path = `stream/${taskId}/final-1.mp4`
    expect(await ask(path)).toEqual([206, `bytes 0-${size - 1}/${size}`, size, 'video/mp4'])
    expect(await ask(path, 'bytes=10-19')).toEqual([206, `bytes 10-19/${size}`, 10, 'video/mp4'])
    expect(await ask(path, 'bytes=-5')).toEqual([206, `bytes ${size - 5}-${size - 1}/${size}`, 5, 'video/mp4'])
    expect((await ask(path, `bytes=${size}-`)).slice(0, 2)).toEqual([416, `bytes */${size}`])
    expect((await ask(`stream/${taskId}/final-7.mp4`))[0]).toBe(404)
    const download = await fetch(`${hub.url}/api/v1/download/${taskId}/final-1.mp4`)
    expect([download.status, download.headers.get('content-disposition'), (await download.arrayBuffer()).byteLength]).toEqual([200, 'attachment; filename="final-1.mp4"', size])
    expect((await fetch(`${hub.url}/api/v1/download/${taskId}`)).status).toBe(200)
  })

  test('pages through its tasks, and removes one', async () => {
    const { body } = await get('tasks?page=1&page_size=1')
    expect(body).toMatchObject({ status: 200, message: 'success', data: { total: expect.any(Number), page: 1, page_size: 1, tasks: [{ task_id: taskId, state: 1 }] } })
    expect((await get('tasks?page=2&page_size=1')).body.data.tasks).toHaveLength(Math.min(1, body.data.total - 1))
    expect(await hub.api.request(`/api/v1/tasks/${taskId}`, { method: 'DELETE' })).toMatchObject({ status: 200, body: { status: 200, message: 'success', data: null } })
    expect((await get(`tasks/${taskId}`)).status).toBe(404)
  })

  test('lists the files that it has sent, and makes sound and subtitles alone', async () => {
    expect((await get('musics')).body).toEqual({ status: 200, message: 'success', data: { files: expect.arrayContaining([{ name: 'song.mp3', size: expect.any(Number), file: expect.stringMatching(/^upload:/) }]) } })
    expect((await get('video_materials')).body.data.files.map(({ name }: { name: string }) => name).sort()).toEqual(['clip.mp4', 'still.png'])
    for (const [path, key, name] of [['audio', 'audio_file', 'audio.mp3'], ['subtitle', 'subtitle_path', 'subtitle.srt']] as const) {
      const { data } = (await post(path, REQUEST)).body
      await hub.api.ends(data.task_id)
      const task = (await get(`tasks/${data.task_id}`)).body.data
      expect(task).toMatchObject({ state: 1, [key]: `${hub.url}/tasks/${data.task_id}/${name}` })
      expect((await fetch(task[key])).status).toBe(200)
    }
  })

  test('sends an idempotency key that becomes the task’s id, and makes one task of the same request', async () => {
    const key = randomUUID()
    const request = { ...REQUEST, custom_audio_file: '', voice_name: 'no-voice', idempotency_key: key }
    expect((await post('videos', request)).body).toEqual({ status: 200, message: 'success', data: { task_id: key } })
    expect((await post('videos', request)).body.data.task_id).toBe(key)
    const { job_id } = (await get(`tasks/${key}`)).body.data
    expect((await get('tasks')).body.data.tasks.filter((task: { task_id: string }) => task.task_id === key)).toHaveLength(1)
    const { status, body } = await post('videos', { ...request, video_clip_duration: 3 })
    expect([status, body.status, body.error_code]).toEqual([409, 409, 'idempotency_mismatch'])
    expect((await post(`tasks/${key}/cancel`, {})).body.data).toMatchObject({ task_id: key, state: -1, progress: expect.any(Number), cancelled: true })
    expect((await hub.api.job(job_id)).status).toBe('cancelled')
  })
})

describe('errors have the dialect’s shape, and say more', () => {
  const ID = /^[\w-]+: /

  test('of a task that is not there', async () => {
    const { status, body } = await get('tasks/none')
    expect({ status, body }).toEqual({ status: 404, body: { status: 404, message: expect.stringMatching(/^[0-9a-f-]{36}: task not found$/), error: 'There is no such task', error_code: 'job_not_found' } })
    expect((await hub.api.request('/api/v1/tasks/none', { headers: { 'x-task-id': 'mine' } })).body.message).toBe('mine: task not found')
  })

  test('of a field that is missing or wrong', async () => {
    expect((await post('videos', {})).body).toMatchObject({ status: 400, message: 'field required', data: [{ loc: ['body', 'video_subject'], msg: 'field required', type: 'value_error.missing' }] })
    const wrong = await post('videos', { ...REQUEST, text_fore_color: 'ultraviolet' })
    expect([wrong.status, wrong.body.data]).toEqual([400, [{ loc: ['body', 'text_fore_color'], msg: 'is no colour such as #FFFFFF', type: 'value_error' }]])
    expect((await get('tasks?page=0')).body).toMatchObject({ status: 400, data: [{ loc: ['body', 'page'] }] })
    const unknown = await post('videos', { ...REQUEST, bgm_file: '/songs/none.mp3' })
    expect([unknown.status, unknown.body.hint]).toEqual([400, expect.stringContaining('POST /api/v1/musics')])
    expect((await sendFile('musics', join(scratch, 'still.png'))).body).toMatchObject({ status: 400, message: expect.stringMatching(/\*\.mp3/) })
  })

  test.each([
    ['a script', { video_script: '', custom_audio_file: '' }, 'video_script', /language model.*/],
    ['films', { video_materials: [] }, 'video_materials', /Pexels/],
    ['a voice', { custom_audio_file: '' }, 'custom_audio_file', /text-to-speech/],
  ])('of what would have to be found or made by others: %s', async (_, without, field, why) => {
    const { status, body } = await post('videos', { ...REQUEST, ...without })
    expect([status, body.status, body.data[0].loc]).toEqual([400, 400, ['body', field]])
    expect(body.message).toMatch(ID)
    expect(body.error).toMatch(why)
    expect(body.hint).toMatch(/^Send /)
  })

  test('of a task that failed: why, which the original never tells', async () => {
    const { data } = (await post('videos', { ...REQUEST, video_materials: [{ provider: 'local', url: (await get('musics')).body.data.files[0].file }] })).body
    await hub.api.ends(data.task_id)
    expect((await get(`tasks/${data.task_id}`)).body.data).toMatchObject({ state: -1, error_code: 'invalid_input', error: expect.stringContaining('has no video') })
  })

  test('of what is refused in front of the routes', async () => {
    const { status, body } = await hub.api.request('/api/v1/tasks', { headers: { 'x-api-key': 'wrong' } })
    expect([status, body]).toEqual([401, { status: 401, message: expect.stringMatching(/^[0-9a-f-]{36}: invalid token: /), error: expect.any(String), error_code: 'unauthenticated', hint: expect.any(String) }])
  })

  test('of a path that is not the dialect’s: the hub’s own', async () => {
    for (const path of ['nothing', `download/${randomUUID()}`]) expect((await get(path)).body).toMatchObject({ status: 404, code: 'route_not_found' })
  })
})

test('a task that waits has state 0, and 4 for clients that know no other', async () => {
  const first = (await post('videos', { ...REQUEST, video_script: '00:00:00,000 --> 00:01:00,000\nlong', custom_audio_file: '' })).body.data.task_id
  const second = (await post('videos', REQUEST)).body.data.task_id
  expect((await get(`tasks/${second}`)).body.data).toMatchObject({ state: 0, progress: 0 })
  expect((await get(`tasks/${second}?compat=classic`)).body.data.state).toBe(4)
  for (const id of [first, second]) expect((await hub.api.request(`/api/v1/tasks/${id}`, { method: 'DELETE' })).status).toBe(200)
})

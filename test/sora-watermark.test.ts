import { execFileSync } from 'node:child_process'
import { openAsBlob, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { logoPicture, lumaOf, make, movingFilm, plant, psnr } from './planted-film.ts'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

const PLACE = { x: 236, y: 136 }

let scratch: string
let hub: InnerHub
let clean: string
let planted: string
let mark: { x: number; y: number; width: number; height: number }
let long: string

beforeAll(async () => {
  scratch = await temporaryDirectory()
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'data'), REELTIME_CONCURRENCY: '1' })
  clean = movingFilm(scratch)
  const logo = join(scratch, 'logo.png')
  mark = { ...logoPicture(logo), ...PLACE }
  planted = plant(join(scratch, 'planted.mp4'), { clean, logo, at: PLACE, opacity: 0.8 })
  long = make(join(scratch, 'long.mp4'), '-stream_loop', '20', '-i', planted, '-c', 'copy')
})
afterAll(async () => {
  await hub.stop()
  await removeDirectory(scratch)
})

interface Answer {
  readonly status: number
  readonly type: string | null
  readonly body: any
}

async function ask(path: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(`${hub.url}${path}`, init)
  return { status: response.status, type: response.headers.get('content-type'), body: await response.json() }
}

async function submit(form: string, file: string, field = 'video'): Promise<Answer> {
  const body = new FormData()
  body.append(field, await openAsBlob(file), 'my video.mp4')
  return ask(`${form}/submit_remove_task`, { method: 'POST', body })
}

/** As its page does, and no faster than the hub answers. */
async function poll(form: string, id: string, until: (body: any) => boolean): Promise<any[]> {
  const seen: any[] = []
  for (;;) {
    const { status, body } = await ask(`${form}/get_results?remove_task_id=${id}`)
    expect(status).toBe(200)
    if (JSON.stringify(seen.at(-1)) !== JSON.stringify(body)) seen.push(body)
    if (until(body)) return seen
  }
}

const MISSING_VIDEO = { detail: [{ type: 'missing', loc: ['body', 'video'], msg: 'Field required', input: null }] }

describe.each(['', '/api/v1'])('with the prefix "%s"', (form) => {
  test('a video is uploaded, asked about until it is finished, and downloaded without its mark', async () => {
    const submitted = await submit(form, planted)
    expect(submitted).toEqual({ status: 200, type: 'application/json', body: { task_id: expect.stringMatching(/^[\w-]+$/), message: 'Task submitted.' } })
    const { task_id: id } = submitted.body
    const seen = await poll(form, id, ({ status }) => status === 'FINISHED' || status === 'ERROR')
    for (const { percentage, status, download_url } of seen.slice(0, -1)) {
      expect(Number.isInteger(percentage) && percentage >= 0 && percentage < 100).toBe(true)
      expect([status === 'PROCESSING' || (form !== '' && status === 'QUEUED'), download_url]).toEqual([true, null])
    }
    expect(seen.at(-1)).toEqual({ percentage: 100, status: 'FINISHED', download_url: `/download/${id}` })
    // While its end goes to the disk a job tells none.
    const percentages = seen.map(({ percentage }) => percentage).filter((percentage) => percentage > 0)
    expect(percentages).toEqual([...percentages].sort((a, b) => a - b))
    for (const url of [`/download/${id}`, `${form}/download/${id}`]) {
      const response = await fetch(`${hub.url}${url}`)
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'video/mp4'])
      expect(response.headers.get('content-disposition')).toMatch(new RegExp(`^attachment; filename="${id}_\\d{14}\\.mp4"$`))
      const file = join(scratch, `${id}.mp4`)
      writeFileSync(file, Buffer.from(await response.arrayBuffer()))
      expect(psnr(lumaOf(file, mark), lumaOf(clean, mark))).toBeGreaterThan(30)
    }
    const waiting = (await submit(form, long)).body.task_id
    const zip = await fetch(`${hub.url}${form}/download_batch_zip?tasks=${id},${waiting},${id}`)
    expect([zip.status, zip.headers.get('content-type')]).toEqual([200, 'application/zip'])
    const archive = join(scratch, `${id}.zip`)
    writeFileSync(archive, Buffer.from(await zip.arrayBuffer()))
    expect(execFileSync('unzip', ['-Z1', archive], { encoding: 'utf8' })).toMatch(new RegExp(`^${id}_\\d{14}\\.mp4\\n$`))
    expect(execFileSync('unzip', ['-p', archive], { maxBuffer: 2 ** 26 })).toEqual(readFileSync(join(scratch, `${id}.mp4`)))
    await hub.api.post(`/api/jobs/${waiting}/cancel`)
    expect((await ask(`${form}/download_batch_zip?tasks=${waiting}`)).status).toBe(404)
    expect(await ask(`${form}/download_batch_zip?tasks=${id},none`)).toEqual({ status: 404, type: 'application/json', body: { detail: 'Task does not exist.' } })
    expect((await ask(`${form}/download_batch_zip`)).body).toMatchObject({ detail: [{ type: 'missing', loc: ['query', 'tasks'] }] })
    const many = Array.from({ length: 21 }, (_, index) => `${index}`)
    expect(await ask(`${form}/download_batch_zip?tasks=${many}`)).toMatchObject({ status: 422, body: { detail: [{ type: 'too_long', loc: ['query', 'tasks'] }] } })
  })

  test('errors are told as FastAPI tells them', async () => {
    expect(await submit(form, planted, 'film')).toEqual({ status: 422, type: 'application/json', body: MISSING_VIDEO })
    expect(await ask(`${form}/submit_remove_task`, { method: 'POST' })).toEqual({ status: 422, type: 'application/json', body: MISSING_VIDEO })
    expect(await ask(`${form}/get_results`)).toMatchObject({ status: 422, body: { detail: [{ type: 'missing', loc: ['query', 'remove_task_id'] }] } })
    expect(await ask(`${form}/get_results?remove_task_id=none`)).toEqual({ status: 404, type: 'application/json', body: { detail: 'Task does not exist.' } })
    expect(await ask(`${form}/submit_remove_task?cleaner_type=best`, { method: 'POST' })).toMatchObject({ status: 422, body: { detail: [{ type: 'enum', loc: ['query', 'cleaner_type'], input: 'best' }] } })
    const other = await hub.api.post('/api/jobs', { tool: 'waveform', input: { source: await hub.api.upload(planted) } })
    expect((await ask(`${form}/get_results?task_id=${other.body.id}`)).status).toBe(404)
  })

  test('what waits and runs is told, cannot be downloaded yet, and can be cancelled', async () => {
    const [first, second] = [await submit(form, long), await submit(form, long)].map(({ body }) => body.task_id) as [string, string]
    await poll(form, first, ({ status, percentage }) => status === 'PROCESSING' && percentage > 0)
    const word = form === '' ? 'PROCESSING' : 'QUEUED'
    expect((await ask(`${form}/get_results?task_id=${second}`)).body).toEqual({ percentage: 0, status: word, download_url: null })
    expect((await ask(`${form}/get_queue_status`)).body).toEqual({
      summary: { is_busy: true, queue_length: 1, total_active: 2 }, current_task_id: first,
      waiting_queue: [{ id: second, status: word, percentage: 0, video_path: 'my video.mp4', created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) }],
    })
    expect(await ask(`${form}/download/${first}`)).toEqual({ status: 400, type: 'application/json', body: { detail: 'Task not finish yet: PROCESSING' } })
    const cancel = (task_ids: unknown) => ask(`${form}/cancel_tasks`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ task_ids }) })
    expect((await cancel([first, second, 'none'])).body).toEqual({ cancelled: 2 })
    expect((await cancel([first])).body).toEqual({ cancelled: 0 })
    expect((await ask(`${form}/get_results?task_id=${first}`)).body).toEqual({ percentage: 0, status: 'ERROR', download_url: null, error: 'cancelled' })
  })
})

test('a task that failed says why, beyond what the dialect tells', async () => {
  const { body } = await submit('', clean)
  const [last] = (await poll('', body.task_id, ({ status }) => status === 'ERROR')).slice(-1)
  expect(last).toEqual({ percentage: 0, status: 'ERROR', download_url: null, error: expect.stringContaining('Nothing was found that stays') })
})

test('a download that is nobody’s below /api/v1 is left to others', async () => {
  expect((await ask('/api/v1/download/none')).body.detail).not.toBe('Task does not exist.')
  expect((await ask('/download/none')).body).toEqual({ detail: 'Task does not exist.' })
})

test('who may not submit is refused in the dialect', async () => {
  const strict = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'strict'), REELTIME_ANONYMOUS: 'none' })
  try {
    for (const [path, method] of [['/submit_remove_task', 'POST'], ['/api/v1/submit_remove_task', 'POST'], ['/api/v1/get_queue_status', 'GET']] as const) {
      const response = await fetch(`${strict.url}${path}`, { method })
      expect([response.status, Object.keys(await response.json() as object)]).toEqual([401, expect.arrayContaining(['detail'])])
    }
  } finally {
    await strict.stop()
  }
})

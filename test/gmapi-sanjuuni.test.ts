import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encode, H264, picture, runFfmpeg, tone } from './frame-media.ts'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

const INPUTS = ['jpg', 'png', 'gif', 'webp', 'mp4'] as const
/** Of the two that move. */
const FRAMES = 10

let scratch: string
let media: Server
let mediaUrl: string
let hub: InnerHub

beforeAll(async () => {
  scratch = await temporaryDirectory()
  for (const name of ['jpg', 'png', 'webp']) encode(join(scratch, `input.${name}`), [...picture('96x64', 1, 1), '-frames:v', '1'])
  encode(join(scratch, 'input.gif'), picture('96x64', 10, 1))
  encode(join(scratch, 'input.mp4'), [...picture('96x64', 10, 1), ...tone(1), ...H264, '-t', '1'])
  media = createServer(({ url = '' }, response) => response.end(readFileSync(join(scratch, basename(url)))))
  await once(media.listen(0, '127.0.0.1'), 'listening')
  const { port } = media.address() as AddressInfo
  mediaUrl = `http://127.0.0.1:${port}`
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'data'), REELTIME_FETCH_ALLOW: `127.0.0.1:${port}` })
})
afterAll(async () => {
  await hub.stop()
  media.closeAllConnections()
  media.close()
  await removeDirectory(scratch)
})

/** What the deployed client does: it asks, and downloads what the answer names. */
async function convert(input: string, args: unknown, format?: string) {
  const request = { input_url: `${mediaUrl}/input.${input}`, args, ...(format !== undefined && { output_format: format }) }
  const { status, body } = await hub.api.post('/api/sanjuuni', request)
  if (status !== 200) throw new Error(`answered ${status}: ${JSON.stringify(body)}`)
  const response = await fetch(body.download_url)
  return { answer: body, contentType: response.headers.get('content-type'), bytes: Buffer.from(await response.arrayBuffer()) }
}

/** What Lua prints of a file. */
function runLua(program: string, bytes: Buffer): string {
  const file = join(scratch, 'made.lua')
  writeFileSync(file, bytes)
  return execFileSync('luajit', ['-e', `${program}; os.exit()`, file]).toString().trim()
}

const COUNT_BLITS = `
  local rows, columns, colors = 0, 0, 0
  local nothing = function() end
  term = setmetatable({ blit = function(text) rows, columns = rows + 1, #text end, setPaletteColor = function() colors = colors + 1 end },
    { __index = function() return function() return 1, 1, 1 end end })
  colors_of = setmetatable({}, { __index = function() return 1 end })
  _G.colors, _G.colours, sleep, read = colors_of, colors_of, nothing, nothing
  table.unpack = unpack
  dofile(arg[0])
  print(columns, rows)`

const DESCRIBE_IMAGE = `
  local file = assert(io.open(arg[0], 'rb'))
  local image = assert(loadstring('return ' .. file:read('*a')))()
  print(#image, #image[1], #image[1][1][1], tostring(image.animation), tostring(image.animated))`

describe.each(INPUTS)('of a %s', (input) => {
  const isMoving = input === 'gif' || input === 'mp4'

  test('a Lua program of 32 by 32 pixels is made, which draws 16 by 10 characters', async () => {
    const { answer, bytes } = await convert(input, ['-8', '--width=32', '--height=32'], 'lua')
    expect(answer).toMatchObject({ status: 'success', download_url: `${hub.url}/download/${answer.file_id}/${answer.file_id}.lua` })
    const [columns, rows] = runLua(COUNT_BLITS, bytes).split('\t').map(Number)
    expect([columns, rows]).toEqual([16, 10 * (isMoving ? FRAMES : 1)])
  })

  test('a BIMG of the client’s screen is made', async () => {
    const { answer, bytes } = await convert(input, ['--width=102', '--height=57'], 'bimg')
    expect(answer.download_url).toMatch(/\.bimg$/)
    const [frames, ...facts] = runLua(DESCRIBE_IMAGE, bytes).split('\t')
    expect([Number(frames), ...facts]).toEqual([isMoving ? FRAMES : 1, '19', '51', String(isMoving), String(isMoving)])
  })

  test('a GIF is made, which moves as the input does, over and over', async () => {
    const { answer, bytes, contentType } = await convert(input, ['--width=48', '--height=30'], 'gif')
    expect([answer.download_url.endsWith('.gif'), bytes.toString('latin1', 0, 6)]).toEqual([true, 'GIF89a'])
    expect(contentType).toMatch(/octet-stream/)
    const file = join(scratch, 'made.gif')
    writeFileSync(file, bytes)
    expect(runFfmpeg(['-i', file, '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1']).length).toBe(48 * 30 * 3 * (isMoving ? FRAMES : 1))
    expect(bytes.includes('NETSCAPE2.0')).toBe(isMoving)
    const { artifacts } = await hub.api.job(answer.file_id)
    expect(artifacts).toMatchObject([{ content_type: 'image/gif' }])
  })
})

test('an empty Lua table for arguments and no format make a Lua program; the same again is not made twice', async () => {
  const [first, second] = [await convert('png', {}), await convert('png', {})]
  expect(first.answer.download_url).toMatch(/\.lua$/)
  expect(second.answer.file_id).toBe(first.answer.file_id)
})

test('a task in the background is of type sanjuuni, and its result is the video and not the sound beside it', async () => {
  const request = { input_url: `${mediaUrl}/input.mp4`, args: ['-W', '20'], output_format: '32vid' }
  const { body } = await hub.api.post('/api/sanjuuni/async', request)
  expect(body).toMatchObject({ status: 'success', status_url: `${hub.url}/api/task/${body.task_id}` })
  await hub.api.ends(body.task_id)
  const task = (await hub.api.request(`/api/task/${body.task_id}`)).body
  expect(task).toMatchObject({ type: 'sanjuuni', status: 'completed', result: { status: 'success', file_id: body.task_id } })
  const bytes = Buffer.from(await (await fetch(task.result.download_url)).arrayBuffer())
  expect(bytes.toString('latin1', 0, 4)).toBe('32VD')
})

test.each([
  [{ args: ['--heigth=32'] }, 400, /--height/],
  [{ args: ['-i', '/etc/passwd'] }, 400, /input_url/],
  [{ args: ['--width=0'] }, 400, /width/],
  [{ args: [], output_format: 'mp3' }, 400, /mp3/],
  [{ args: [], input_url: undefined }, 400, /input_url is missing/],
])('%j is answered with what is wrong', async (request, status, text) => {
  const answer = await hub.api.post('/api/sanjuuni', { input_url: `${mediaUrl}/input.png`, ...request })
  expect(answer.status).toBe(status)
  expect(answer.body).toMatchObject({ status: 'error', error: expect.stringMatching(text), message: expect.stringMatching(text) })
})

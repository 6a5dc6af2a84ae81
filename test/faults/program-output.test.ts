import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { brief, makeTone } from '../media.ts'
import { removeDirectory, startHubProcess, temporaryDirectory, type HubProcess } from '../running-hub.ts'
import { faultDirectory } from './fault-directory.ts'
import { assertInvariants, measure } from './oracle.ts'
import { ffmpegThatFirst } from './programs.ts'
import { rounds } from './rounds.ts'

const MEBIBYTE = 1024 ** 2
const LOG_BYTES = MEBIBYTE

let scratch: string
let tone: string
let dataDirectory: string
let hub: HubProcess | undefined

beforeAll(async () => {
  scratch = await temporaryDirectory()
  tone = makeTone(scratch)
})
beforeEach(async () => {
  dataDirectory = await faultDirectory()
})
afterEach(() => hub?.end('SIGKILL'))
afterAll(() => removeDirectory(scratch))

async function runWith(script: string): Promise<{ readonly started: HubProcess; readonly id: string }> {
  const started = await startHubProcess(dataDirectory, { REELTIME_FFMPEG: ffmpegThatFirst(scratch, script), REELTIME_LOG_BYTES: String(LOG_BYTES) })
  hub = started
  return { started, id: await started.api.accepted(brief(await started.api.upload(tone), 0.1)) }
}

/** How much the hub grew at most while the job ran. */
async function mostGrowth(started: HubProcess, id: string): Promise<number> {
  const { rssBytes } = await measure(started.child.pid!)
  let most = 0
  const ended = started.api.ends(id).then(() => true)
  for (let isOver = false; !isOver; isOver = await Promise.race([ended, new Promise<false>((resolve) => setTimeout(resolve, 20, false))])) {
    most = Math.max(most, (await measure(started.child.pid!)).rssBytes - rssBytes)
  }
  return most
}

const BYTES = rounds({ fast: 20, all: 100 }) * 1_000_000
const LINES = rounds({ fast: 100_000, all: 1_000_000 })

test.each([
  { what: `${BYTES} bytes without a line end`, script: `head -c ${BYTES} /dev/zero | tr '\\0' x >&2` },
  { what: `${LINES} lines`, script: `seq -f 'frame %.0f of a long film' 1 ${LINES} >&2` },
])('$what cost little memory; the log is cut with a word on it, and the job completes (FT-35)', async ({ script }) => {
  const { started, id } = await runWith(script)
  expect(await mostGrowth(started, id) / MEBIBYTE).toBeLessThan(100)
  expect(await started.api.job(id)).toMatchObject({ status: 'completed', attempt: 1 })
  const lines = await started.api.lines(id)
  expect(lines.reduce((bytes, { text }) => bytes + text.length, 0)).toBeLessThan(3 * LOG_BYTES)
  const told = lines.filter(({ source, level }) => source === 'hub' && level !== 'debug').map(({ text }) => text)
  expect(told).toEqual([expect.stringContaining('The log is full'), expect.stringMatching(/^\d+ lines were left out/)])
  await assertInvariants({ hub: started, accepted: [id], dataDirectory })
})

test('progress that is garbage, out of order, cut anywhere or no text leaves the percentage between 0 and 100, and rising (FT-36)', async () => {
  const lies = ['out_time_us=90000\\rprogress=continue\\r', 'out_time_us=-5\\nout_time_us=1e99\\nprogress=', '\\377\\376\\0out_time_us=NaN\\nprogress=continue\\n',
    'out_time_us=10\\nframe=-1\\nprogress=continue\\n', 'progress=end\\n', '=\\n==\\nprogress=continue', 'out_time_us=70000\\nprogress=continue\\n']
  const script = [...lies, ...lies].map((lie) => `printf '${lie}' >&3; printf 'noise \\r\\377 out_time_us=1\\n' >&2; sleep 0.03`).join('\n')
  const { started, id } = await runWith(script)
  const told: number[] = []
  for await (const event of started.api.events(id)) if (event.type === 'progress') told.push(event.data.progress ?? 0)
  expect(told.length).toBeGreaterThan(1)
  expect(told).toEqual([...told].sort((a, b) => a - b))
  expect(told.every((percent) => percent >= 0 && percent < 100)).toBe(true)
  expect(await started.api.job(id)).toMatchObject({ status: 'completed', progress: 100 })
  await assertInvariants({ hub: started, accepted: [id], dataDirectory })
})

import { expect, test } from 'vitest'
import { HubError } from '../errors.ts'
import type { MediaInfo } from '../tools/tool.ts'
import { ANYBODY } from './caller.ts'
import { Planning } from './planning.ts'

const SMALL: MediaInfo = { format: 'mov', durationSeconds: 2, streams: [{ kind: 'video', codec: 'h264', width: 320, height: 180, framesPerSecond: 25 }] }
const LOCATED = { name: 'holiday.mov', file: '/data/uploads/a/data' }

function question(planning: Planning) {
  return planning.plan({ tool: 'transcode', input: { source: 'upload:a' }, caller: ANYBODY })
}

test('where many files are being looked at, one more is assumed to be plain and not waited for', async () => {
  let answer = (_: MediaInfo) => undefined as void
  const looked = new Promise<MediaInfo>((resolve) => { answer = resolve })
  const planning = new Planning({ staging: { locate: async () => LOCATED }, runner: { probe: () => looked }, assertCanRun: async () => undefined })
  const waiting = [question(planning), question(planning), question(planning)]
  const busy = await question(planning)
  expect(busy).toMatchObject({ assumed: true, sources: [{ file: 'input.mov', assumed: 'film' }] })
  expect(busy.commands[0]?.shell).toContain('scale=1920:1080')
  answer(SMALL)
  for (const plan of await Promise.all([...waiting, question(planning)])) {
    expect(plan).toMatchObject({ assumed: false, sources: [{ file: 'input.mov' }] })
    expect(plan.commands[0]?.shell).toContain('scale=320:180')
  }
})

test('what the machine lacks is refused before a file is looked at', async () => {
  const planning = new Planning({
    staging: { locate: async () => LOCATED }, runner: { probe: () => Promise.reject(new Error('looked')) },
    assertCanRun: () => Promise.reject(new HubError('missing_capability', 'no such encoder')),
  })
  await expect(question(planning)).rejects.toMatchObject({ code: 'missing_capability' })
})

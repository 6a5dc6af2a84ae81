import { expect, test } from 'vitest'
import { capabilities, checkRequirements, missing } from './engine-capabilities.ts'
import { findEngine, type Engine } from './ffmpeg-engine.ts'
import { SYSTEM_PATH } from './find-program.ts'
import { readOutput } from './run-command.ts'

const native = findEngine({ pathVariable: SYSTEM_PATH })
const portable = findEngine({ pathVariable: '/nowhere' })

test.each([['native', native], ['portable', portable]])('the %s engine tells what it was built with', async (_, engine) => {
  const { encoders, decoders, filters, muxers, demuxers } = await capabilities(await engine)
  expect([...encoders]).toEqual(expect.arrayContaining(['libx264', 'aac', 'pcm_s16le', 'dfpwm']))
  expect([...decoders]).toEqual(expect.arrayContaining(['h264', 'aac', 'vp9']))
  expect([...filters]).toEqual(expect.arrayContaining(['scale', 'palettegen', 'amix', 'testsrc', 'xfade']))
  expect([...muxers]).toEqual(expect.arrayContaining(['mp4', 'matroska', 'dfpwm', '3gp']))
  expect([...demuxers]).toEqual(expect.arrayContaining(['mov', 'mp4', 'matroska', 'webm']))
})

test('no name is lost and none is made up', async () => {
  const engine = await native
  const { encoders, filters, muxers } = await capabilities(engine)
  expect(encoders.size).toBe(await countBelowRule(engine, '-encoders', '------'))
  expect(muxers.size).toBeGreaterThanOrEqual(await countBelowRule(engine, '-muxers', '--'))
  expect(filters.has('=')).toBe(false)
  expect(filters.size).toBeGreaterThan(300)
})

test('an engine is asked once', async () => {
  expect(capabilities(await native)).toBe(capabilities(await native))
})

test('an engine that gave no answer is asked again', async () => {
  const silent: Engine = { ...(await native), ffmpeg: { program: 'true', args: [] } }
  const first = capabilities(silent)
  await expect(first).rejects.toMatchObject({ code: 'internal' })
  const second = capabilities(silent)
  expect(second).not.toBe(first)
  await expect(second).rejects.toMatchObject({ code: 'internal' })
})

test('what is missing is named, by kind', async () => {
  const requirements = { encoders: ['aac', 'libnone'], filters: ['scale', 'enlarge'], muxers: ['mp4'] }
  expect(missing(requirements, await capabilities(await native))).toEqual([
    { kind: 'encoders', name: 'libnone' }, { kind: 'filters', name: 'enlarge' },
  ])
})

test('the refusal names the engine, each thing that is missing and what comes near', async () => {
  const engine: Engine = { ...(await native), version: '5.1.9-0+deb12u1' }
  await expect(checkRequirements({ encoders: ['libmade_up_aac'], filters: ['scael'] }, engine)).rejects.toMatchObject({
    code: 'missing_capability',
    message: expect.stringMatching(
      /^this ffmpeg \(5\.1\.9, native\) has no encoder libmade_up_aac \(it has aac[^)]*\), and no filter scael \(it has scale\)$/,
    ),
  })
})

test('what is there is not refused', async () => {
  await expect(checkRequirements({ encoders: ['aac'] }, await native)).resolves.toBeUndefined()
  await expect(checkRequirements({}, await native)).resolves.toBeUndefined()
})

async function countBelowRule({ ffmpeg, sandbox }: Engine, option: string, rule: string): Promise<number> {
  const { stdout } = await readOutput({ ...ffmpeg, args: [...ffmpeg.args, '-v', 'quiet', option], cwd: '/', sandbox })
  const lines = stdout.trimEnd().split('\n')
  return lines.length - 1 - lines.findIndex((line) => line.trim() === rule)
}

import { execFileSync, spawn } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { LogOutput, toDescriptor } from './log-output.ts'

test('nobody waits for a pipe that is not emptied; what it has no room for is counted, and the count told', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'reeltime-log-'))
  const pipe = join(directory, 'pipe')
  execFileSync('mkfifo', [pipe])
  const descriptor = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK)
  const output = new LogOutput(toDescriptor(descriptor))
  const lines = 40_000
  const startedAt = performance.now()
  for (let line = 1; line <= lines; line++) output.write(`${JSON.stringify({ line, padding: 'x'.repeat(60) })}\n`)
  expect(performance.now() - startedAt).toBeLessThan(1000)

  const reader = spawn('cat', [pipe], { stdio: ['ignore', 'pipe', 'inherit'] })
  const told = text(reader.stdout)
  while (output.isBusy) await output.flush()
  closeSync(descriptor)
  const written = (await told).trim().split('\n').map((line) => JSON.parse(line) as { line?: number; event?: string; lines?: number })
  const kept = written.filter(({ line }) => line !== undefined)
  expect(kept.map(({ line }) => line)).toEqual(kept.map((_, index) => index + 1))
  expect(written.at(-1)).toMatchObject({ event: 'log.dropped', lines: lines - kept.length })
  rmSync(directory, { recursive: true })
})

test('what could not be written is given up, and what is said afterwards is written', async () => {
  const written: string[] = []
  let isBroken = true
  const output = new LogOutput(async (bytes) => {
    if (isBroken) throw Object.assign(new Error('no room'), { code: 'ENOSPC' })
    written.push(String(bytes))
    return bytes.length
  })
  output.write('x'.repeat(1024 ** 2))
  await output.flush()
  isBroken = false
  output.write('b\n')
  await output.flush()
  expect(written).toEqual(['b\n'])
  expect(output.isBusy).toBe(false)
})
